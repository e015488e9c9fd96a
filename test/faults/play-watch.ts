/** `watch --heal` under faults until it says what became of a repair, then calls of `reset` as play.ts has them. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { FaultProxy } from "../../lab/faults/proxy.ts";
import type { Call } from "../../lab/faults/invariants.ts";
import type { Schedule } from "../../lab/faults/schedule.ts";
import { parse } from "../../src/cli.ts";
import { Interrupted, UserError } from "../../src/errors.ts";
import { connectGateway } from "../../src/gateway/connect.ts";
import { resolveGatewayTarget } from "../../src/gateway/resolve-target.ts";
import type { ResetWorld } from "../../src/reset.ts";
import { STEPS } from "../../src/repair/steps/index.ts";
import { runWatch } from "../../src/watch.ts";
import type { HealEvent } from "../../src/watch/events.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { FakeGateway } from "../repair/fake-gateway.ts";
import { bench, type Bench } from "../repair/run-reset.ts";
import { callOnce, hurried, LONG_PATIENCE_MS, type Played } from "./play.ts";
import { KEYS, serveGateway, type Nature, type ServedGateway } from "./served-gateway.ts";

/** Past any run timeout, and not so long that nobody would act on it (ms). */
const HELD_MS = 12 * 60_000;
/** Looks of the watch, a second apart: the faults of most schedules are over by then. */
const LOOKS = 40;
const WATCH = "watch --gateway --heal --grace 0s --cool-down 1m --after 0s --format ndjson";

export interface WatchPlay {
  readonly nature: Nature;
  readonly schedule: Schedule;
  /** Ctrl-C at this piece to the gateway; null: nobody presses it. */
  readonly interruptAt: number | null;
  /** How long the watch may really wait for an answer (ms). */
  readonly patienceMs: number;
}

export async function playWatch({ nature, schedule, interruptAt, patienceMs }: WatchPlay): Promise<Played> {
  const it = bench(new FakeGateway());
  const interrupt = new AbortController();
  const gateway = await serveGateway(nature, () => it.now, it.now - HELD_MS);
  const proxy = await FaultProxy.start(gateway.port, {
    onMoment: ({ direction, index }) => {
      if (direction === "to-gateway" && index === interruptAt) interrupt.abort(new Interrupted());
      return undefined;
    },
  });
  try {
    proxy.arm(schedule);
    const calls: Call[] = [await watchOnce({ it, proxy, gateway, signal: interrupt.signal, patienceMs })];
    proxy.heal();
    it.now += 2_000;
    const words = "main --json --yes";
    calls.push(await callOnce(it, proxy, gateway, words, LONG_PATIENCE_MS));
    it.now += 2_000;
    calls.push(await callOnce(it, proxy, gateway, `${words} --force`, LONG_PATIENCE_MS));
    const journal = existsSync(it.store.path) ? readFileSync(it.store.path, "utf8") : "";
    return { keys: KEYS, calls, journal, cuts: 0, befallen: proxy.befallen };
  } finally {
    await proxy.close();
    await gateway.close();
    rmSync(path.dirname(it.store.path), { recursive: true, force: true });
  }
}

interface Watching {
  readonly it: Bench;
  readonly proxy: FaultProxy;
  readonly gateway: ServedGateway;
  readonly signal: AbortSignal;
  readonly patienceMs: number;
}

async function watchOnce({ it, proxy, gateway, signal, patienceMs }: Watching): Promise<Call> {
  const io = { ...fakeIo({ signal }), now: () => it.now };
  const invocation = parse(WATCH.split(" "), io);
  if (invocation.command !== "watch") throw new Error(JSON.stringify(invocation));
  const healed = (): HealEvent[] =>
    io
      .out()
      .split("\n")
      .filter((line) => line.includes('"event":"heal"'))
      .map((line) => JSON.parse(line) as HealEvent);
  const connect: ResetWorld["connect"] = async (_raw, io) => {
    const target = await resolveGatewayTarget({ url: proxy.url, token: "no-real-token" }, io);
    const timeouts = { connectTimeoutMs: patienceMs, requestTimeoutMs: patienceMs };
    const connected = await connectGateway(target, io, timeouts);
    const hurry = hurried(connected, it, patienceMs);
    return { gateway: hurry, isLocal: false, runTimeoutMs: null };
  };
  let terminate = (): void => {};
  let looks = 0;
  let ids = 0;
  const watching = runWatch(invocation.options, io, {
    reset: {
      connect,
      steps: STEPS,
      store: () => it.store,
      sleep: async (ms) => void (it.now += ms),
      newId: () => `watched-${++ids}`,
    },
    async sleep() {
      if (healed().length > 0 || ++looks > LOOKS) return terminate();
      it.now += 1_000;
      // The repair goes on beside the looks.
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
    onTerminate: (hear) => {
      terminate = hear;
      return () => {};
    },
    releaseInput: () => {},
    command: () => ({ run: async () => undefined, endAll: () => {} }),
  });
  let err = "";
  let exitCode: number | null = await watching.catch((error: unknown) => {
    // As src/cli.ts does it.
    if (error instanceof Interrupted || (error instanceof UserError && signal.aborted)) return 130;
    err = error instanceof UserError ? error.message : error instanceof Error ? (error.stack ?? "") : String(error);
    // That it could not even begin to follow is an error of the user's.
    return error instanceof UserError ? 2 : 70;
  });
  proxy.breakOff();
  await gateway.idle();
  const results = healed().map((event) => resultOf(event));
  // `watch` itself ends well whatever became of the repair.
  if (exitCode === 0 && !results.every(({ outcome }) => outcome === "restored" || outcome === "already-free"))
    exitCode = 1;
  if (exitCode === 0 && results.length === 0) exitCode = 1;
  const ok = exitCode === 0;
  return {
    exitCode,
    out: io.out(),
    err: io.err() + err,
    report: { schemaVersion: 1, ok, gateway: { url: proxy.url }, results },
    arrived: [...gateway.arrived],
    free: gateway.free(),
    force: false,
  };
}

function resultOf({ sessionKey, outcome, detail, steps }: HealEvent): NonNullable<Call["report"]>["results"][number] {
  const proof = /proof: (.*)/.exec(detail)?.[1];
  return {
    id: sessionKey,
    before: "blocked",
    steps: steps.map((it) => ({ ...it, ms: 0 })),
    outcome,
    evidence: proof === undefined ? [] : [{ time: null, text: proof, source: "the event" }],
    lost: { runs: 0, messagesAtLeast: 0 },
  };
}
