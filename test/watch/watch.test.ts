import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { parse } from "../../src/cli.ts";
import { BrokenPipe, UserError } from "../../src/errors.ts";
import { GatewayError } from "../../src/gateway/gateway.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { ends, heartbeat, log, restartInProcess, starts, up, waits } from "../helpers/log-lines.ts";
import { watchBench, type WatchBench } from "./bench.ts";

const RUN = { key: "main", runId: "r1", sessionId: "id-main" };
const STARTED = log(up("08:00:00"), starts("08:01:00", RUN));
const WEDGED = log(STARTED, restartInProcess("08:02:00"));

let bench: WatchBench;
beforeEach(() => void (bench = watchBench()));
afterEach(() => bench.end());

const to = (time: string) => () => void (bench.now = Date.parse(`2026-01-28T${time}Z`));
const appends = (time: string, lines: string) => async () => {
  to(time)();
  await bench.append(lines);
};

describe("telling", () => {
  test("blocked, and free again, each once", async () => {
    await bench.append(STARTED);
    const { short, exitCode, err } = await bench.watch("gateway.log", [
      to("08:01:30"),
      appends("08:02:01", log(restartInProcess("08:02:00"))),
      to("08:02:10"),
      to("08:02:20"),
      appends("08:10:00", waits("08:10:00", RUN)),
      to("08:10:20"),
      appends("08:11:00", log(ends("08:11:00", RUN, true))),
      to("08:11:30"),
    ]);
    expect(short).toEqual(["state", "gateway-restarted", "blocked main", "free main"]);
    expect(exitCode).toBe(0);
    expect(err).toBe("");
  });

  test("stalled, by time alone", async () => {
    await bench.append(STARTED);
    const { short } = await bench.watch("gateway.log", [
      to("08:05:00"),
      to("08:12:05"),
      to("08:12:20"),
      to("08:30:00"),
    ]);
    expect(short).toEqual(["state", "stalled main"]);
  });

  test("for a person, in local time", async () => {
    await bench.append(WEDGED);
    to("08:30:00")();
    const { out } = await bench.watch("gateway.log --format pretty");
    expect(out).toMatch(/^2026-01-28 09:30:00 {2}WATCHING {2}gateway\.log: 1 session without answers: main\n/);
    expect(out).toMatch(/\n2026-01-28 09:30:00 {2}BLOCKED {2}session main gets no answers: .* \(high confidence\)\n$/);
  });

  test("a log that is not there yet", async () => {
    const { short, err } = await bench.watch("gateway.log", [
      ...Array.from({ length: 5 }, () => () => {}),
      appends("08:00:00", up("08:00:00")),
      ...Array.from({ length: 8 }, () => () => {}),
    ]);
    expect(short).toEqual(["state", "gateway-started"]);
    expect(err).toContain("no gateway log here yet, waiting for one; looked at: gateway.log\n");
  });

  test("a hundred restarts, and the session is told once", async () => {
    await bench.append(WEDGED);
    to("08:02:00")();
    const steps = Array.from({ length: 100 }, (_, index) => {
      const minute = String(3 + Math.floor(index / 2)).padStart(2, "0");
      const time = `08:${minute}:${index % 2 === 0 ? "00" : "30"}`;
      return appends(time, log(restartInProcess(time)));
    });
    const { short } = await bench.watch("gateway.log", steps);
    const counts = new Map<string, number>();
    for (const it of short) counts.set(it, (counts.get(it) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ state: 1, "gateway-restarted": 100, "blocked main": 1 });
  });

  test("a backlog is read to its end before anything is said of it", { timeout: 60_000 }, async () => {
    await bench.append(up("08:00:00"));
    const filler = Array.from({ length: 40_000 }, () => heartbeat("08:01:30"));
    const backlog = log(starts("08:01:00", RUN), filler, ends("08:02:00", RUN));
    const { short } = await bench.watch("gateway.log --after 0", [appends("09:00:00", backlog), to("09:00:10")]);
    expect(short).toEqual(["state"]);
  });

  test("--for ends it", async () => {
    await bench.append(STARTED);
    let steps = 0;
    const forever = Array.from({ length: 100 }, () => () => {
      bench.now += 1_000;
      steps++;
    });
    expect((await bench.watch("gateway.log --for 10s", forever)).exitCode).toBe(0);
    expect(steps).toBe(10);
  });

  test("a pipe that ends is over", async () => {
    const io = { ...fakeIo({ stdin: `${WEDGED}\n` }) };
    const { runWatch, NODE_WATCH_WORLD } = await import("../../src/watch.ts");
    const invocation = parse(["watch", "-", "--format", "ndjson"], io);
    if (invocation.command !== "watch") throw new Error("not understood");
    let released = false;
    const world = { ...NODE_WATCH_WORLD, releaseInput: () => void (released = true) };
    expect(await runWatch(invocation.options, io, world)).toBe(0);
    expect(io.out()).toMatch(/"event":"state"[^\n]*\n[^\n]*"event":"blocked"/);
    expect(released).toBe(true);
  });

  test("the running gateway's own file, where it is on this machine", async () => {
    await bench.append(STARTED);
    to("08:01:30")();
    const { short, told } = await bench.watch("--gateway", [
      appends("08:02:00", log(restartInProcess("08:02:00"))),
      to("08:02:11"),
    ]);
    expect(short).toEqual(["state", "gateway-restarted", "blocked main"]);
    expect(told[0]?.["sources"]).toEqual([bench.log]);
  });

  test("a gateway elsewhere, over its socket", async () => {
    await bench.append(STARTED);
    to("08:01:30")();
    bench.gateway.does.set("logs.tail", withFile(bench, "/elsewhere/gateway.log"));
    const { short, told } = await bench.watch("--gateway", [
      appends("08:02:00", log(restartInProcess("08:02:00"))),
      to("08:02:11"),
    ]);
    expect(short).toEqual(["state", "gateway-restarted", "blocked main"]);
    expect(told[0]?.["sources"]).toEqual(["logs.tail of /elsewhere/gateway.log"]);
  });
});

/** The same log, under a name that this machine does not have. */
function withFile(it: WatchBench, file: string) {
  const own = it.gateway.does.get("logs.tail");
  return async (params: Readonly<Record<string, unknown>>) => ({ ...((await own?.(params)) as object), file });
}

describe("--exec", () => {
  test("runs for each event but the first line, with the event on stdin", async () => {
    await bench.append(WEDGED);
    to("08:30:00")();
    const { told } = await bench.watch("gateway.log --exec x", [appends("08:31:00", log(ends("08:31:00", RUN)))]);
    expect(bench.executed.map((it) => JSON.parse(it))).toEqual(told.slice(1));
    expect(bench.executed.every((it) => it.endsWith("\n"))).toBe(true);
  });

  test("a command that fails is a warning", async () => {
    await bench.append(WEDGED);
    to("08:30:00")();
    const { err, short } = await bench.watch("gateway.log --exec x", [to("08:31:00")], {
      command: () => ({ run: async () => "ended with 1", endAll: () => {} }),
    });
    expect(err).toBe("warning: the command of --exec ended with 1\n");
    expect(short).toEqual(["state", "blocked main"]);
  });

  test("a command that hangs stops nothing, and is ended at SIGTERM", async () => {
    await bench.append(WEDGED);
    to("08:30:00")();
    let ended = false;
    const { short, exitCode } = await bench.watch(
      "gateway.log --exec x",
      [appends("08:31:00", log(ends("08:31:00", RUN)))],
      { command: () => ({ run: () => new Promise(() => {}), endAll: () => void (ended = true) }) },
    );
    expect(short).toEqual(["state", "blocked main", "free main"]);
    expect(exitCode).toBe(0);
    expect(ended).toBe(true);
  });
});

describe("--heal", () => {
  /** What `/stop:` does on 2026.1.24-3. */
  const abortWorks = () =>
    bench.gateway.does.set("chat.send", async () => {
      const time = new Date(bench.now).toISOString().slice(11, 23);
      await bench.append(log(ends(time, RUN, true)));
      return { ok: true };
    });
  const pause = async () => {
    bench.now += 5_000;
    // A repair goes on beside the watch; it needs turns of the event loop, and no time.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const pauses = (count: number) => Array.from({ length: count }, () => pause);

  test("frees what is blocked beyond doubt, after the grace, and tells it in order", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    abortWorks();
    to("08:12:30")();
    const { short, told } = await bench.watch("gateway.log --heal --grace 1m --run-timeout 10m", pauses(30));
    expect(short).toEqual(["state", "blocked main", "heal restored main", "free main"]);
    expect(bench.gateway.changed.map(({ method }) => method)).toEqual(["chat.send"]);
    const begin = bench.journal().find(({ event }) => event === "begin");
    expect(begin?.reason).toBe("watch --heal: blocked for 1 min while it was watched, high confidence");
    expect(Date.parse(begin?.time ?? "")).toBeGreaterThanOrEqual(Date.parse("2026-01-28T08:13:30Z"));
    expect(told[2]).toMatchObject({ outcome: "restored", runId: "r1" });
  });

  test("never below high confidence", async () => {
    await bench.append(WEDGED);
    abortWorks();
    to("08:02:30")();
    const { short } = await bench.watch("gateway.log --heal --grace 0 --run-timeout 1h", pauses(30));
    expect(short).toEqual(["state", "blocked main"]);
    expect(bench.gateway.asked).toEqual([]);
  });

  test("never on old evidence", async () => {
    await bench.append(WEDGED);
    to("09:00:00")();
    expect((await bench.watch("gateway.log --heal --grace 0", pauses(30))).short).toEqual(["state", "blocked main"]);
    expect(bench.gateway.asked).toEqual([]);
  });

  test("--dry-run says what it would do, once, and sends nothing", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    const { short, told } = await bench.watch("gateway.log --heal --dry-run --grace 0 --cool-down 1s", pauses(30));
    expect(short).toEqual(["state", "blocked main", "heal planned main"]);
    expect(told[2]?.["detail"]).toMatch(/abort its run/);
    expect(bench.gateway.changed).toEqual([]);
    expect(bench.journal()).toEqual([]);
  });

  test("what did not help is not tried again within the cool-down, nor said twice", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    const { short } = await bench.watch("gateway.log --heal --grace 0", pauses(60));
    expect(short.filter((it) => it.startsWith("heal"))).toHaveLength(1);
    expect(new Set(bench.journal().map(({ repair }) => repair)).size).toBe(1);
  });

  test("limits hold over restarts of the watch", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    abortWorks();
    to("08:12:30")();
    await bench.watch("gateway.log --heal --grace 0", pauses(10));
    const again = { ...RUN, runId: "r2" };
    await bench.append(log(starts("08:13:30", again), restartInProcess("08:13:40"), waits("08:25:00", again)));
    to("08:25:10")();
    const { short } = await bench.watch("gateway.log --heal --grace 0 --run-timeout 10m", pauses(10));
    expect(short).toEqual(["state", "blocked main"]);
    expect(bench.gateway.changed).toHaveLength(1);
    const other = await bench.watch("gateway.log --heal --grace 0 --cool-down 5m --max-per-hour 1", pauses(10));
    expect(other.short).toEqual(["state", "blocked main"]);
  });

  test("never a gateway that writes another log", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    await writeFile(path.join(bench.folder, "other.log"), `${log(WEDGED, waits("08:12:00", RUN))}\n`);
    to("08:12:30")();
    const { short, told } = await bench.watch("other.log --heal --grace 0", pauses(10));
    expect(short).toEqual(["state", "blocked main", "heal refused main"]);
    expect(told[2]?.["detail"]).toMatch(/writes .*gateway\.log, which is not watched$/);
    expect(bench.gateway.changed).toEqual([]);
  });

  test("never a gateway on another machine that happens to have such a file", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    bench.gateway.does.set("logs.tail", () => ({
      file: bench.log,
      cursor: 1,
      size: 20,
      lines: [`{"0":"elsewhere","time":"2026-01-28T08:00:00.000Z"}`],
    }));
    const { short } = await bench.watch("gateway.log --heal --grace 0", pauses(10));
    expect(short).toEqual(["state", "blocked main", "heal refused main"]);
    expect(bench.gateway.changed).toEqual([]);
  });

  test("a gateway that does not know the run is left alone", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    const own = bench.gateway.does.get("logs.tail");
    let asked = 0;
    // The second question on is the repair's own: it diagnoses for itself.
    bench.gateway.does.set("logs.tail", async (params) => {
      const answer = (await own?.(params)) as { lines: string[] };
      return asked++ === 0 ? answer : { ...answer, file: "/elsewhere", lines: [up("08:00:00"), heartbeat("08:12:00")] };
    });
    const { short } = await bench.watch("gateway.log --heal --grace 0", pauses(10));
    expect(short[2]).toMatch(/^heal (?:not-found|failed) main$/);
    expect(bench.gateway.changed).toEqual([]);
  });

  test("what was begun is finished, also where nobody reads on", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    let isGone = false;
    bench.gateway.does.set("chat.send", async () => {
      isGone = true;
      // Something to tell meanwhile, which nobody hears any more.
      await bench.append(log(restartInProcess("08:12:31")));
      for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
      await bench.append(log(ends(new Date(bench.now).toISOString().slice(11, 23), RUN, true)));
      return { ok: true };
    });
    const watching = bench.watch("gateway.log --heal --grace 0", pauses(30), {}, () => {
      if (isGone) throw new BrokenPipe();
    });
    await expect(watching).rejects.toThrow(BrokenPipe);
    expect(bench.journal().at(-1)).toMatchObject({ event: "end", outcome: "restored" });
  });

  test("a journal that fails after the step is no step of its own", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    abortWorks();
    to("08:12:30")();
    const { repairStore } = await import("../../src/repair/journal-file.ts");
    const { STEPS } = await import("../../src/repair/steps/index.ts");
    const store = repairStore(path.join(bench.folder, "state"), () => bench.now);
    let appends = 0;
    const full: typeof store = {
      ...store,
      append: (entry) => {
        if (++appends > 2) throw new UserError("no space left");
        store.append(entry);
      },
    };
    const { short, told } = await bench.watch("gateway.log --heal --grace 0 --run-timeout 10m", pauses(10), {
      reset: {
        connect: async () => ({ gateway: bench.gateway, isLocal: true, runTimeoutMs: null }),
        steps: STEPS,
        store: () => full,
        sleep: async (ms) => void (bench.now += ms),
        newId: () => "x",
      },
    });
    expect(short.slice(0, 3)).toEqual(["state", "blocked main", "heal restored main"]);
    expect(told[2]?.["detail"]).toMatch(/^abort; proof: /);
  });

  test("nothing is sent that cannot be written down", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    await mkdir(path.join(bench.folder, "state", "journal.ndjson"), { recursive: true });
    const { short, told } = await bench.watch("gateway.log --heal --grace 0", pauses(10));
    expect(short).toEqual(["state", "blocked main", "heal failed main"]);
    expect(told[2]?.["detail"]).toMatch(/^nothing was sent: cannot read the journal of repairs/);
    expect(bench.gateway.changed).toEqual([]);
  });

  test("a gateway that cannot be reached is tried again later, and watching goes on", async () => {
    await bench.append(log(WEDGED, waits("08:12:00", RUN)));
    to("08:12:30")();
    let tries = 0;
    const { repairStore } = await import("../../src/repair/journal-file.ts");
    const { STEPS } = await import("../../src/repair/steps/index.ts");
    const { short } = await bench.watch("gateway.log --heal --grace 0", [...pauses(20), ...pauses(20)], {
      reset: {
        connect: async () => {
          tries++;
          throw new GatewayError("refused", "nobody listens", false);
        },
        steps: STEPS,
        store: () => repairStore(path.join(bench.folder, "state"), () => bench.now),
        sleep: async () => {},
        newId: () => "x",
      },
    });
    expect(short).toEqual(["state", "blocked main", "heal failed main"]);
    // In 200 s: at once, after one minute, and after two more.
    expect(tries).toBe(3);
  });
});

describe("words", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["a.log --gateway", "logs and --gateway cannot both be"],
    ["- a.log", "- stands for stdin and goes alone"],
    ["- --heal", "--heal cannot be with -: nothing tells whose log comes in on stdin"],
    ["a.log --dry-run", "--dry-run does nothing without --heal"],
    ["a.log --grace 1m", "--grace does nothing without --heal"],
    ["a.log --exec-timeout 1m", "--exec-timeout does nothing without --exec"],
    ["a.log --url ws://x", "--url does nothing without --gateway or --heal"],
    ["a.log --heal --max-per-hour 0", '--max-per-hour: "0" is not a number from 1 on'],
    ["a.log --after x", '--after: "x" is not a length of time'],
  ];
  test.each(refused)("%s", (words, message) => {
    expect(() => parse(["watch", ...words.split(" ")], fakeIo())).toThrow(message);
  });

  test("a file that can never come", async () => {
    await expect(bench.watch("nowhere/gateway.log")).rejects.toThrow("no such file: nowhere/gateway.log");
  });

  test("binary data", async () => {
    await writeFile(path.join(bench.folder, "x.log"), Buffer.from([0x50, 0x4b, 3, 4, 10, 0, 0, 0, 10]));
    await expect(bench.watch("x.log")).rejects.toThrow("zip archive");
  });
});
