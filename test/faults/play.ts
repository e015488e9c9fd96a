/** Calls under faults, one for each schedule, then one without, and one with --force. */
import { rmSync, readFileSync, existsSync } from "node:fs";
import path from "node:path";

import { FaultProxy } from "../../lab/faults/proxy.ts";
import type { Call, History } from "../../lab/faults/invariants.ts";
import type { Schedule } from "../../lab/faults/schedule.ts";
import { UserError } from "../../src/errors.ts";
import { connectGateway } from "../../src/gateway/connect.ts";
import { GatewayError, type Gateway } from "../../src/gateway/gateway.ts";
import { resolveGatewayTarget } from "../../src/gateway/resolve-target.ts";
import type { ResetWorld } from "../../src/reset.ts";
import { FakeGateway } from "../repair/fake-gateway.ts";
import { bench, type Bench } from "../repair/run-reset.ts";
import { KEYS, serveGateway, type Nature, type ServedGateway } from "./served-gateway.ts";

/** How long anything may really take (ms). The repair's clock goes on by what it would have waited. */
export const PATIENCE_MS = 60;
/** What takes longer than this hangs, also on a machine that has much else to do (ms). */
const HANGS_MS = 60_000;
/** For calls that nothing befalls: whatever they wait for comes (ms). */
export const LONG_PATIENCE_MS = 10_000;

export interface Play {
  readonly nature: Nature;
  readonly words: string;
  readonly schedules: readonly Schedule[];
  /** Milliseconds between two calls. */
  readonly pauseMs: number;
}

export interface Played extends History {
  readonly befallen: readonly string[];
}

export async function play({ nature, words, schedules, pauseMs }: Play): Promise<Played> {
  const it = bench(new FakeGateway());
  const gateway = await serveGateway(nature, () => it.now);
  const proxy = await FaultProxy.start(gateway.port);
  try {
    const calls: Call[] = [];
    const call = async (more: string, patienceMs: number): Promise<void> => {
      calls.push(await callOnce(it, proxy, gateway, `${words}${more} --json --yes`, patienceMs));
    };
    for (const schedule of schedules) {
      proxy.arm(schedule);
      await call("", PATIENCE_MS);
      proxy.heal();
      it.now += pauseMs;
    }
    await call("", LONG_PATIENCE_MS);
    it.now += 2_000;
    await call(" --force", LONG_PATIENCE_MS);
    const journal = existsSync(it.store.path) ? readFileSync(it.store.path, "utf8") : "";
    return { keys: KEYS, calls, journal, cuts: 0, befallen: proxy.befallen };
  } finally {
    await proxy.close();
    await gateway.close();
    rmSync(path.dirname(it.store.path), { recursive: true, force: true });
  }
}

export async function callOnce(
  it: Bench,
  proxy: FaultProxy,
  gateway: ServedGateway,
  words: string,
  patienceMs: number,
): Promise<Call> {
  const before = gateway.arrived.length;
  const world: Partial<ResetWorld> = {
    connect: async (_raw, io) => {
      const target = await resolveGatewayTarget({ url: proxy.url, token: "no-real-token" }, io);
      const timeouts = { connectTimeoutMs: patienceMs, requestTimeoutMs: patienceMs };
      const connected = hurried(await connectGateway(target, io, timeouts), it, patienceMs);
      // A peer that is gone would be waited for.
      const close = async () => (proxy.breakOff(), await connected.close());
      return { gateway: { ...connected, close }, isLocal: true, runTimeoutMs: null };
    },
  };
  const ended = it.reset(words, world).then(
    ({ exitCode, out, err, report }) => ({ exitCode, out, err, report }),
    (error: unknown) => {
      // As src/cli.ts does it: any other error is a bug of ours, and shows its stack.
      const isUsers = error instanceof UserError;
      const err = isUsers ? error.message : error instanceof Error ? (error.stack ?? "") : String(error);
      return { exitCode: isUsers ? 2 : 70, out: "", err, report: undefined };
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<Omit<Call, "arrived" | "free" | "force">>((resolve) => {
    timer = setTimeout(() => resolve({ exitCode: null, out: "", err: "", report: undefined }), HANGS_MS);
  });
  const said = await Promise.race([ended, hangs]);
  clearTimeout(timer);
  proxy.breakOff();
  await gateway.idle();
  return { ...said, arrived: gateway.arrived.slice(before), free: gateway.free(), force: words.includes("--force") };
}

/** Waits for a moment only, and moves the clock by all that it was told to wait. */
export function hurried(gateway: Gateway, clock: { now: number }, patienceMs: number): Gateway {
  return {
    ...gateway,
    async request(method, params, timeoutMs = 15_000) {
      try {
        return await gateway.request(method, params, Math.min(timeoutMs, patienceMs));
      } catch (error) {
        if (error instanceof GatewayError && error.kind === "timeout") clock.now += timeoutMs;
        throw error;
      }
    },
  };
}
