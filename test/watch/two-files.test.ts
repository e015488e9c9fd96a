/** A gateway's log file and its console tell one story twice; both are watched. */
import { readdirSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { StateEvent } from "../../src/watch/events.ts";
import { reportOf } from "../helpers/doctor.ts";
import { REAL_LOGS } from "../helpers/fixtures.ts";
import { watchBench, type WatchBench } from "./bench.ts";

const BOTH = REAL_LOGS.filter(({ folder }) => readdirSync(folder).includes("console.log"));

let bench: WatchBench;
beforeEach(() => void (bench = watchBench()));
afterEach(() => bench.end());

test("there are such logs", () => expect(BOTH.length).toBeGreaterThan(5));

describe.each(BOTH.map((it) => [it.name, it.folder] as const))("%s", (_, folder) => {
  test("begins with what the doctor says of both", { timeout: 60_000 }, async () => {
    const files = ["gateway.jsonl", "console.log"].map((name) => path.join(folder, name));
    const { report } = await reportOf(files);
    const blocked = report.sessions.filter(({ state }) => state === "blocked").map(({ sessionKey }) => sessionKey);

    // So long after its end that both have been heard.
    bench.now = Date.parse(report.window.to ?? "") + 5_000;
    const { told } = await bench.watch(`${files.join(" ")} --after 0`);
    const state = told.find(({ event }) => event === "state") as unknown as StateEvent;
    expect([...state.blocked, ...state.stalled].toSorted()).toEqual(blocked.toSorted());
    expect(state.gateways).toBe(1);
  });
});
