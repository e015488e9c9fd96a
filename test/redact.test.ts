import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Masker } from "../src/mask.ts";
import type { Report } from "../src/model.ts";
import { Phrases } from "../src/phrases.ts";
import { doctor, reportOf } from "./helpers/doctor.ts";
import { log, restartInProcess, starts, up, waits } from "./helpers/log-lines.ts";

describe("a line of text", () => {
  test.each([
    ["mail to ann.b+x@example.org", "mail to person-1"],
    ["49170123456@s.whatsapp.net and +49 170 1234567", "person-1 and person-2"],
    ["chat 123456789 of -1001234567890", "chat person-1 of person-2"],
    ["asked by @ann", "asked by person-1"],
    ["/home/ann/x/gateway.log:12", "file-1.log:12"],
    ["in ~/logs and C:\\Users\\ann\\x.log", "in file-1 and file-2.log"],
    ["lane session:wa:ann: task done", "lane session:session-1: task done"],
    ["session agent:ann:main, agent:ann:main again, agent:bob:main", "session session-1, session-1 again, session-2"],
    ["wss://gw.ann.example:18789/x?y", "wss://host-1:18789"],
    ["from 203.0.113.9 to 127.0.0.1", "from host-1 to 127.0.0.1"],
    ['it said "hello my dear"', 'it said "text-1"'],
    ["@ann@social.example: hello @ünal.", "person-1: hello person-2."],
    ["jürgen@example.org and @ann:matrix.example:8448", "person-1 and person-2"],
    [`${"a".repeat(300)}@example.org`, "person-1"],
    ["from 2001:db8::1 and fe80::1%eth0, ws://[2001:db8::2]:18789", "from host-2 and host-3, ws://host-1:18789"],
    ["postgres://db.example.org/ann and file:///home/ann/x.log", "postgres://host-1 and file://file-1.log"],
    ["sessionKey=agent:bob:main [agent:ann:main]", "sessionKey=session-1 [session-2]"],
    ['it said "hello my', 'it said "text-1'],
    [`“${"a".repeat(5000)}”`, "“text-1”"],
    ["chat 1234567890123456789012345", "chat person-1"],
    // What helps and is nobody's.
    ["ws://[::1]:18789 at 08:23:20", "ws://[::1]:18789 at 08:23:20"],
    ["run 12cbe357 on main since 08:23:20", "run 12cbe357 on main since 08:23:20"],
    ["agent:main:main, lane main", "agent:main:main, lane main"],
    ["Send /stop: or /new in its chat", "Send /stop: or /new in its chat"],
    ["openclaw 2026.2.17, PID 4194304, 12345678 ms", "openclaw 2026.2.17, PID 4194304, 12345678 ms"],
    ["started on anthropic/claude-sonnet-4-5", "started on anthropic/claude-sonnet-4-5"],
    ['A "stuck session" warning', 'A "stuck session" warning'],
    ["ws://127.0.0.1:18789", "ws://127.0.0.1:18789"],
  ])("%s", (text, redacted) => {
    expect(new Masker(true).text(text)).toBe(redacted);
    // Without it only secrets are masked.
    expect(new Masker().text(text)).toBe(text);
  });
});

describe("names of more than one word", () => {
  const redactor = (...keys: readonly string[]): Masker => {
    const masker = new Masker(true);
    masker.learn(keys);
    return masker;
  };
  test.each<[keys: string[], text: string, redacted: string]>([
    [["family chat"], "on family chat, and session:family chat: done", "on session-1, and session:session-1: done"],
    [["family chat"], "family chats are no family  chat", "family chats are no family  chat"],
    // The longest, in whatever order they were learned.
    [["a b", "a b c"], "a b c, a b", "session-1, session-2"],
    [["a b c", "a b"], "a b c, a b", "session-1, session-2"],
    [["x a b c d", "b c"], "x a b c e", "x a session-1 e"],
    // Nothing of either is left.
    [["a b", "b c"], "a b c", "session-1session-2"],
    [["agent:main:[secret-1]"], "on agent:main:[secret-1].", "on session-1."],
    [["=1+1", "a=b"], "=1+1 and a=b", "session-1 and session-2"],
  ])("%j in %j", (keys, text, expected) => {
    expect(redactor(...keys).text(text)).toBe(expected);
  });

  test("are found wherever a search for each of them finds one", () => {
    const words = fc.constantFrom("a", "b", "ab", "c-d");
    const phrase = fc.array(words, { minLength: 2, maxLength: 4 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(
        fc.uniqueArray(phrase, { minLength: 1 }),
        fc.array(words, { maxLength: 20 }),
        fc.boolean(),
        (phrases, parts, oneByOne) => {
          const found = new Phrases<true>();
          for (const it of phrases) {
            found.add(it, true);
            if (oneByOne) found.replace("a", () => "|");
          }
          const told = found.replace(parts.join(" "), () => "|");
          // What is left of the text has none of them, and what is gone was covered by some.
          const covered = parts.map(() => false);
          for (const it of phrases) {
            const length = it.split(" ").length;
            for (let at = 0; at + length <= parts.length; at++) {
              if (parts.slice(at, at + length).join(" ") === it) covered.fill(true, at, at + length);
            }
          }
          const left = told.split(/[ |]+/).filter((it) => it !== "");
          expect(left).toEqual(parts.filter((_, index) => !covered[index]));
        },
      ),
    );
  });

  test("learned one after the other", () => {
    const masker = redactor("family chat");
    expect(masker.text("on family chat")).toBe("on session-1");
    masker.learn(["other chat"]);
    expect(masker.text("on family chat, other chat")).toBe("on session-1, session-2");
  });
});

const PERSONS = ["4915112345678", "Ann Example", "family chat", "ann@example.org", "/home/ann", "bob-the-agent"];

test("a report has nobody's name in it, in no form, and says the same", async () => {
  const { report } = await logOf("--redact");
  const plain = (await logOf()).report;
  const text = JSON.stringify(report);
  for (const person of PERSONS) expect(text).not.toContain(person);
  expect(report.redacted).toBe(true);
  const facts = ({ verdict, window, counts, runs, sessions, findings }: Report) => ({
    verdict,
    window,
    counts,
    runs: runs.map(({ state, startedAt, gateway, model, channel }) => [state, startedAt, gateway, model, channel]),
    sessions: sessions.map(({ state, waitingAtLeast }) => [state, waitingAtLeast]),
    findings: findings.map(({ code, confidence, timeline }) => [code, confidence, timeline.map(({ time }) => time)]),
  });
  expect(facts(report)).toEqual(facts(plain));
  // One name for one thing.
  const keys = new Set(report.sessions.map(({ sessionKey }) => sessionKey));
  expect(keys.size).toBe(plain.sessions.length);
  for (const run of report.runs) expect([...keys]).toContain(run.sessionKey);
  for (const { sessionKey, message } of report.findings) if (sessionKey) expect(message).toContain(sessionKey);
});

test("what to do next says where a name is hidden, and takes a random id where there is one", async () => {
  const { out } = await redacted("--format", "pretty");
  for (const person of PERSONS) expect(out).not.toContain(person);
  expect(out).toMatch(/reset 12cbe357-0c24-4be7-9d80-13e3c2b0aa12/);
  expect(out).toMatch(/reset session-\d/);
  expect(out).toContain("not to be pasted as it is");
  expect(out).toContain("Redacted: session-1");
});

test("a real log keeps its verdict and its ids", async () => {
  const log = "fixtures/issue-3245/gateway.jsonl";
  const { report } = await reportOf([log], ["--redact"]);
  const plain = (await reportOf([log])).report;
  expect(report.verdict).toBe(plain.verdict);
  const random = "12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11";
  expect(plain.runs.map(({ runId }) => runId)).toContain(random);
  expect(report.runs.map(({ runId }) => runId)).toContain(random);
  expect(report.findings.map(({ help }) => help)).toEqual(plain.findings.map(({ help }) => help));
  expect(JSON.stringify(report)).not.toContain(log);
  expect(readFileSync(log, "utf8")).toContain(plain.runs[0]?.runId);
});

const KEYS = ["agent:main:wa:4915112345678@s.whatsapp.net", "agent:bob-the-agent:discord:Ann-Example"];
const LINES = log(
  up("08:00:00"),
  ...starts("08:00:01", { key: KEYS[0] ?? "", runId: "ann@example.org", sessionId: "12cbe357-0c24-4be7-9d80-13e3c2b0aa12" }),
  ...starts("08:00:02", { key: KEYS[1] ?? "", runId: "family-run", sessionId: "bob-the-agent-1" }),
  ...restartInProcess("08:00:10"),
  waits("08:30:00", { key: KEYS[0] ?? "", runId: "", sessionId: "12cbe357-0c24-4be7-9d80-13e3c2b0aa12" }),
  waits("08:30:01", { key: KEYS[1] ?? "", runId: "", sessionId: "bob-the-agent-1" }),
); // prettier-ignore

const logOf = (...options: readonly string[]) => reportOf([], ["--label", "host=/home/ann", ...options], LINES);
const redacted = (...options: readonly string[]) =>
  doctor(["--redact", "--label", "host=/home/ann", ...options], LINES);
