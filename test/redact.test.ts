import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Masker } from "../src/mask.ts";
import type { Report } from "../src/model.ts";
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
    // What helps and is nobody's.
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
