/** The moments that the report tells for the picture, on every real log. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { REAL_LOGS, fixtureText } from "./helpers/fixtures.ts";
import { reportOf } from "./helpers/doctor.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(REAL_LOGS)("$name", ({ folder }) => {
  test("a run is queued before it starts, and is gone only if it never ended", async () => {
    const { report } = await reportOf([folder]);
    const text = (it: string | null) => it ?? "";
    for (const run of report.runs) {
      if (run.queuedAt !== null && run.startedAt !== null) expect(run.queuedAt <= run.startedAt).toBe(true);
      if (run.goneAt !== null) {
        expect(["orphaned", "open"]).toContain(run.state);
        expect(run.endedAt).toBeNull();
        expect(run.goneAt >= text(run.startedAt)).toBe(true);
      }
    }
    expect(report.runs.some((run) => run.queuedAt !== null)).toBe(true);
  });

  test("a waiting message came while the session was held, and none is told that does not wait", async () => {
    const { report } = await reportOf([folder]);
    for (const session of report.sessions) {
      expect(session.waitingSince.length).toBeLessThanOrEqual(session.waitingAtLeast);
      expect(session.waitingSince).toEqual(session.waitingSince.toSorted());
      for (const time of session.waitingSince) expect(time >= (report.window.from ?? "")).toBe(true);
    }
  });
});

test("each waiting message of the issue has its time", async () => {
  const { report } = await reportOf(["fixtures/issue-3245/gateway.jsonl"]);
  const main = report.sessions.find((it) => it.state === "blocked");
  expect(main?.waitingSince.map((it) => it.slice(11, 19))).toEqual(["07:38:34", "07:45:05"]);
});

test("a session that waits for a full lane waits since it was queued", async () => {
  const { report } = await reportOf(["fixtures/clawdbot-2026.1.24-3-c-lanes-exhausted/gateway.jsonl"]);
  const waiting = report.sessions.filter((it) => it.waitsFor === "full-lane");
  expect(waiting.length).toBeGreaterThan(5);
  for (const session of waiting) expect(session.waitingSince).toHaveLength(session.waitingAtLeast);
});

test("the lives of two gateways in one log are told apart", async () => {
  const other = path.join(folder, "gateway.jsonl");
  const text = fixtureText("openclaw-2026.9.6", "gateway.jsonl");
  writeFileSync(other, text.replaceAll("2026-11-23T06:", "2026-11-23T07:"));
  const { report } = await reportOf(["fixtures/issue-3245/gateway.jsonl", other]);
  expect(new Set(report.gateways.map((it) => `${it.log} ${it.product}`))).toEqual(
    new Set(["0 openclaw", "1 clawdbot"]),
  );
});
