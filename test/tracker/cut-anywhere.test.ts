import { describe, expect, test } from "vitest";

import { parseEvent } from "../../src/events/index.ts";
import { settle } from "../../src/tracker/settle.ts";
import { Tracker } from "../../src/tracker/tracker.ts";
import { REAL_LOGS, fixtureText } from "../helpers/fixtures.ts";
import { RUN_TIMEOUT_MS, STALL_AFTER_MS, recordsOf } from "../helpers/track.ts";

/**
 * Whoever looks at a log looks at a log that was cut somewhere. What is then
 * said with high confidence must not be taken back by the rest of the log.
 */
describe.each(REAL_LOGS.map((log) => [log.name, log] as const))("%s, cut after any line", (name) => {
  test("shows no orphan with high confidence that ends later", { timeout: 60_000 }, () => {
    const tracker = new Tracker();
    const sure = new Map<string, number>();
    let now: number | undefined;
    for (const record of recordsOf(fixtureText(name, "gateway.jsonl"))) {
      now = Math.max(now ?? 0, record.time ?? 0);
      const parsed = parseEvent(record);
      if (parsed.outcome === "event") tracker.push(parsed.event);
      for (const it of settle(tracker, { now, runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS }).runs) {
        if (it.state === "orphaned" && it.confidence === "high") sure.set(it.run.runId, record.location.line);
      }
    }
    const last = settle(tracker, { now, runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS });
    const takenBack = last.runs.filter((it) => sure.has(it.run.runId) && it.state !== "orphaned");
    expect(takenBack.map((it) => it.run.runId)).toEqual([]);
  });
});
