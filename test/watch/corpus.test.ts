/** Every real log, as if it were written while it is watched. */
import { describe, expect, test } from "vitest";

import { Diagnostician } from "../../src/diagnose.ts";
import type { SessionEvent } from "../../src/watch/events.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { fixtureText, REAL_LOGS } from "../helpers/fixtures.ts";
import { RUN_TIMEOUT_MS, STALL_AFTER_MS, recordsOf } from "../helpers/track.ts";

/** Two tellings of one line may be this far apart, so that a second file is waited for (ms). */
const SETTLED_MS = 10_000;

describe.each(REAL_LOGS.map((log) => [log.name] as const))("%s", (name) => {
  const records = recordsOf(fixtureText(name, "gateway.jsonl"));
  const end = Math.max(...records.map(({ time }) => time ?? 0)) + SETTLED_MS;

  /** The sessions that the doctor names when all is over. */
  function blockedAtEnd(): readonly string[] {
    const diagnostician = new Diagnostician(false);
    for (const record of records) diagnostician.push(record);
    const settings = { runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS, now: end };
    const sessions = diagnostician.finish(settings, []).flatMap(({ settled }) => settled.sessions);
    return sessions.filter(({ state }) => state === "blocked").map(({ key }) => key);
  }

  test.each([false, true])("ends with what the doctor says (several files: %s)", { timeout: 60_000 }, (several) => {
    const watcher = new Watcher(
      { runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS, afterMs: 0, minConfidence: "low" },
      several,
      () => false,
    );
    const told: SessionEvent[] = [];
    const tick = (now: number): void => {
      for (const event of watcher.tick(now, [])) if ("sessionKey" in event) told.push(event);
    };
    watcher.start(records[0]?.time ?? 0, []);
    let now = 0;
    for (const record of records) {
      watcher.push(record);
      now = Math.max(now, record.time ?? 0);
      tick(now);
    }
    tick(end);

    const blocked = watcher.candidates().map(({ sessionKey }) => sessionKey);
    expect(blocked.toSorted()).toEqual(blockedAtEnd().toSorted());
    // A session may be named more fully later, so its events are counted by the run as well.
    const open = new Set<string>();
    for (const event of told) {
      if (event.event === "free") {
        expect(open.delete(event.sessionKey)).toBe(true);
        continue;
      }
      const isAgain = open.has(event.sessionKey);
      // Once blocked it is told again only where a stalled run is then cut, or the other way round.
      if (isAgain)
        expect(told.filter((it) => it.sessionKey === event.sessionKey && it.event === event.event).length).toBe(1);
      open.add(event.sessionKey);
    }
    expect([...open].toSorted()).toEqual(blocked.toSorted());
  });
});
