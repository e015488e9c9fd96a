import { readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import type { Report } from "../../src/model.ts";
import { canonicalKey } from "../../src/tracker/session-index.ts";
import { reportOf } from "../helpers/doctor.ts";
import { FIXTURES } from "../helpers/fixtures.ts";

/** What the lab noted of each session, beside what all fixtures have. */
interface TruthOfSessions {
  readonly sessions: Readonly<
    Record<string, { readonly wedged: boolean; readonly expect: "free" | "busy" | "blocked"; readonly heldBack?: true }>
  >;
}

const FILES = [["console.log"], ["gateway.jsonl"], ["console.log", "gateway.jsonl"]];

const truthOf = (name: string) =>
  JSON.parse(readFileSync(path.join(FIXTURES, name, "truth.json"), "utf8")) as TruthOfSessions;

async function reportFrom(name: string, files: readonly string[]): Promise<Report> {
  return (await reportOf(files.map((file) => path.join(FIXTURES, name, file)))).report;
}

const sessionOf = (report: Report, key: string) =>
  report.sessions.find((it) => canonicalKey(it.sessionKey) === canonicalKey(key));

/**
 * 9.6 takes interrupted turns up again after a restart or a crash, a few at a
 * time. While those recoveries hang, the sessions behind them get no answer,
 * and no run of theirs is to be seen.
 */
describe.each(["openclaw-2026.9.6-held-back", "openclaw-2026.9.6-container", "openclaw-2026.9.6-crash"])(
  "%s",
  (name) => {
    const truth = truthOf(name);
    const keys = Object.keys(truth.sessions);
    const expected = (state: string) => keys.filter((key) => truth.sessions[key]?.expect === state);

    test.each(FILES)("tells every session's state (%s)", async (...files) => {
      const report = await reportFrom(name, files);
      const told = Object.fromEntries(keys.map((key) => [key, sessionOf(report, key)?.state]));
      expect(told).toEqual(Object.fromEntries(keys.map((key) => [key, truth.sessions[key]?.expect])));
    });

    test.each(FILES)(
      "says of the blocked ones that recoveries hold them back, and how to free them (%s)",
      async (...files) => {
        const report = await reportFrom(name, files);
        expect(expected("blocked").length).toBeGreaterThan(0);
        for (const key of expected("blocked")) {
          const session = sessionOf(report, key);
          expect(session).toMatchObject({ state: "blocked", waitsFor: "recoveries" });
          // A recovery of another session, and one that has not ended.
          const holder = report.runs.find((it) => it.runId === session?.heldByRunId);
          expect(holder?.state).toBe("open");
          expect(canonicalKey(holder?.sessionKey ?? "")).not.toBe(canonicalKey(key));
          const finding = report.findings.find((it) => canonicalKey(it.sessionKey ?? "") === canonicalKey(key));
          expect(finding).toMatchObject({ code: "session-blocked", message: expect.stringContaining("recoveries") });
          expect(finding?.help).toContain("sessions.reset");
          expect(finding?.runId).toBeUndefined();
        }
      },
    );

    test.each(FILES)("says of the busy ones which run holds them: it may be alive (%s)", async (...files) => {
      const report = await reportFrom(name, files);
      for (const key of expected("busy")) {
        const holder = sessionOf(report, key)?.heldByRunId;
        expect.soft(report.runs.find((it) => it.runId === holder)?.state, key).toBe("open");
      }
    });
  },
);

/** The same script on a version that takes every interrupted turn up again at once, or none. */
describe("a version that holds nobody back", () => {
  test.each(FILES)("5.28 shows nothing blocked after the same restart (%s)", async (...files) => {
    const report = await reportFrom("openclaw-2026.5.28-restart-mix", files);
    expect(report.sessions.filter((it) => it.state === "blocked")).toEqual([]);
    expect(report.sessions.filter((it) => it.waitsFor === "recoveries")).toEqual([]);
  });
});

/**
 * In a container the new process has the PID of the dead one, and takes the
 * dead one's lock file for its own (1.24-3): the session's runs start and fail.
 */
describe("clawdbot-2026.1.24-3-container", () => {
  test.each(FILES)("a session that a stale lock file bars is blocked, and the file is named (%s)", async (...files) => {
    const report = await reportFrom("clawdbot-2026.1.24-3-container", files);
    expect(sessionOf(report, "room-b")).toMatchObject({ state: "blocked", waitsFor: "lock-file" });
    const finding = report.findings.find((it) => it.sessionKey === "room-b" && it.code === "session-blocked");
    expect(finding?.message).toContain("lock file of PID 8");
    expect(finding?.help).toContain(".jsonl.lock");
    // Beside it, one that a restart left behind, and one that only hangs.
    expect(sessionOf(report, "room-c")).toMatchObject({ state: "blocked", waitsFor: "own-run" });
    expect(sessionOf(report, "room-e")).toMatchObject({ state: "busy" });
  });
});
