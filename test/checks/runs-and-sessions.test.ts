/** Each run and session that is not well is told by one check, and no other one is told of. */
import { describe, expect, test } from "vitest";

import { CHECKS } from "../../src/checks/index.ts";
import type { Diagnosis } from "../../src/diagnosis.ts";
import { fixtureText, REAL_LOGS } from "../helpers/fixtures.ts";
import { ends, enqueue, log, restartInProcess, starts, up, waits } from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";

const inOrder = (a: string, b: string): number => (a < b ? -1 : 1);
const A = { key: "a", runId: "ra" };
const B = { key: "b", runId: "rb" };

/** Logs of all that befalls a run: cut and held, cut and lost, silent, well, gone on. */
const LOGS: readonly (readonly [string, string, string?])[] = [
  ...CHECKS.flatMap(({ code, examples }) => [
    ...examples.bad.map((text, index) => [`${code}, bad ${index}`, text] as const),
    ...examples.good.map((text, index) => [`${code}, good ${index}`, text] as const),
  ]),
  [
    "one held, one lost",
    log(
      up("08:00:00"),
      starts("08:01:00", A),
      up("08:02:00", 9999),
      starts("08:03:00", B),
      restartInProcess("08:04:00"),
      waits("08:20:00", B),
    ),
  ],
  [
    "one silent, one well",
    log(up("08:00:00"), starts("08:01:00", A), starts("08:01:01", B), ends("08:02:00", B)),
    "08:20:00",
  ],
  ["a lock that nothing holds", log(up("08:00:00"), enqueue("08:01:00", "session:a"))],
  ...REAL_LOGS.filter(({ name }) => !name.includes("container")).map(
    ({ name }) => [name, fixtureText(name, "gateway.jsonl")] as const,
  ),
];

describe.each(LOGS.map((it) => [it[0], it] as const))("%s", (_, [, text, now]) => {
  // Not out here: mutation testing runs a test for what it did itself (docs/reliability.md).
  const examine = () => {
    const diagnosis: Diagnosis = diagnoseLog(text, now === undefined ? undefined : Date.parse(`2026-01-28T${now}Z`));
    return { diagnosis, found: CHECKS.flatMap((check) => check.run(diagnosis)) };
  };

  test("runs", () => {
    const { diagnosis, found } = examine();
    const told = (code: string) =>
      found
        .filter((it) => it.code === code)
        .map(({ runId = "" }) => runId)
        .toSorted(inOrder);
    const orphaned = diagnosis.settled.runs.filter(({ state }) => state === "orphaned");
    const of = (runs: typeof orphaned) => runs.map(({ run }) => run.runId).toSorted(inOrder);
    expect(told("run-stalled")).toEqual(of(orphaned.filter(({ cause }) => cause === "stall")));
    const cut = orphaned.filter(({ cause }) => cause !== "stall");
    expect(told("run-orphaned")).toEqual(of(cut.filter(({ holds }) => holds)));
    expect(told("run-lost")).toEqual(of(cut.filter(({ holds }) => !holds)));
    for (const { runId, sessionId, sessionKey, timeline } of found.filter((it) => it.code.startsWith("run-"))) {
      const settled = diagnosis.settled.runs.find(({ run }) => run.runId === runId);
      expect({ sessionId, sessionKey }).toEqual({ sessionId: settled?.run.sessionId, sessionKey: settled?.sessionKey });
      expect(timeline.length).toBeGreaterThan(0);
    }
  });

  test("sessions", () => {
    const { diagnosis, found } = examine();
    const blocked = diagnosis.settled.sessions.filter(({ state }) => state === "blocked");
    const told = found.filter((it) => it.code === "session-blocked");
    expect(told.map(({ sessionKey }) => sessionKey)).toEqual(blocked.map(({ key }) => key));
    expect(told.map(({ confidence }) => confidence)).toEqual(blocked.map(({ confidence }) => confidence));
  });
});

test("the timeline of a run that holds its session shows who waits for it", () => {
  const text = log(up("08:00:00"), starts("08:01:00", A), restartInProcess("08:02:00"), waits("08:20:00", A));
  const finding = CHECKS.flatMap((check) => check.run(diagnoseLog(text))).find((it) => it.code === "run-orphaned");
  expect(finding?.timeline.at(-1)?.time).toBe("2026-01-28T08:20:00.000Z");
});
