/** Which processes a gateway had and when each restarted within itself, by the lines of all versions. */
import { describe, expect, test } from "vitest";

import { at, log, restartInProcess, startLine, up } from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";

const gateway = (time: string, message: string) => at(time, "gateway", message);
const loading = (time: string) => gateway(time, "loading configuration…");
const startsHttp = (time: string) => gateway(time, "starting HTTP server...");
const httpListens = (time: string) => gateway(time, "http server listening (14 plugins: browser; 5.2s)");
const ready = (time: string) => gateway(time, "ready (5 plugins, 1.2s)");
const otherAddress = (time: string) => gateway(time, "listening on ws://[::1]:18789");
const restart = (time: string) => gateway(time, "received SIGUSR1; restarting");
const stop = (time: string) => gateway(time, "received SIGTERM; shutting down");
const inProcess = (time: string) => gateway(time, "restart mode: in-process restart (OPENCLAW_NO_RESPAWN)");
const respawn = (time: string) => gateway(time, "restart mode: full process restart (spawned pid 4799)");
const uncaught = (time: string) =>
  `2026-01-28T${time}.000Z [openclaw] Unhandled promise rejection: AbortError: This operation was aborted`;
const portTaken = (time: string) =>
  `2026-01-28T${time}.000Z Gateway failed to start: gateway already running (pid 4711); lock timeout after 5000ms`;

const clock = (ms: number | undefined) =>
  ms === undefined ? "" : new Date(ms).toISOString().slice(11, -1).replace(".000", "");

/** A line for each life: its process, how and when it began, how and when it ended; `?` where its process may not have. */
function livesOf(text: string): string[] {
  return diagnoseLog(text).tracker.gateway.lives.map((it) => {
    const { index, pid, endIsCertain } = it.process;
    const end =
      it.endedBy === null
        ? ""
        : `- ${it.endedBy} ${clock(it.endedAt)}${endIsCertain || it.endedBy === "in-process-restart" ? "" : "?"}`;
    return `#${index} ${pid ?? "-"} ${it.startedBy} ${clock(it.startedAt)} ${end}`.trim();
  });
}

describe("which lives", () => {
  test.each<[string, string, string[]]>([
    ["a start", up("08:00:00"), ["#0 4711 boot 08:00:00"]],
    ["a log that begins in the middle", startLine("08:00:01", { key: "a", runId: "r" }), ["#0 - unknown 08:00:01"]],
    ["the other loopback address, late", log(up("08:00:00"), otherAddress("08:00:09")), ["#0 4711 boot 08:00:00"]],
    ["a start told twice, within two seconds", log(up("08:00:00"), up("08:00:02")), ["#0 4711 boot 08:00:00"]],
    [
      "a start told twice, a moment too late for that",
      log(up("08:00:00"), up("08:00:02.001")),
      ["#0 4711 boot 08:00:00 - crash 08:00:02.001?", "#1 4711 boot 08:00:02.001"],
    ],
    [
      "another PID at once",
      log(up("08:00:00"), up("08:00:01", 4712)),
      ["#0 4711 boot 08:00:00 - crash 08:00:01", "#1 4712 boot 08:00:01"],
    ],
    [
      "the markers of one start",
      log(startsHttp("08:00:00"), httpListens("08:00:03"), ready("08:00:06")),
      ["#0 - boot 08:00:00"],
    ],
    ["the PID, and then that it is ready", log(up("08:00:00"), ready("08:00:03")), ["#0 4711 boot 08:00:00"]],
    [
      "an earlier marker right after the last one: it started again",
      log(startsHttp("08:00:00"), ready("08:00:06"), startsHttp("08:00:07")),
      ["#0 - boot 08:00:00 - crash 08:00:07?", "#1 - boot 08:00:07"],
    ],
    [
      "… though it had come up within a second",
      log(startsHttp("08:00:00"), ready("08:00:01"), startsHttp("08:00:02")),
      ["#0 - boot 08:00:00 - crash 08:00:02?", "#1 - boot 08:00:02"],
    ],
    [
      "the last marker again, of a version that does not log its loading",
      log(startsHttp("08:00:00"), ready("08:00:06"), ready("08:05:00")),
      ["#0 - boot 08:00:00 - crash 08:05:00?", "#1 - boot 08:05:00"],
    ],
    [
      "the last marker again, of a version that logs each process's loading",
      log(loading("08:00:00"), ready("08:00:06"), ready("08:05:00")),
      ["#0 - boot 08:00:00"],
    ],
    [
      "a PID that shows itself after the first marker",
      log(startsHttp("08:00:00"), up("08:00:01", 7), restart("08:01:00"), up("08:01:01", 8)),
      ["#0 7 boot 08:00:00 - crash 08:01:00", "#1 8 boot 08:01:01"],
    ],
  ])("%s", (_, text, lives) => expect(livesOf(text)).toEqual(lives));

  test.each<[string, string, string[]]>([
    [
      "a signal, and the same PID",
      log(up("08:00:00"), restart("08:00:05"), up("08:00:06")),
      ["#0 4711 boot 08:00:00 - in-process-restart 08:00:05", "#0 4711 in-process-restart 08:00:06"],
    ],
    [
      "… within two seconds of the start",
      log(up("08:00:00"), restart("08:00:01"), up("08:00:01.500")),
      ["#0 4711 boot 08:00:00 - in-process-restart 08:00:01", "#0 4711 in-process-restart 08:00:01.500"],
    ],
    [
      "… in a log that begins in the middle, and then another PID",
      log(
        startLine("08:00:01", { key: "a", runId: "r" }),
        restartInProcess("08:01:00", 1),
        restartInProcess("08:02:00", 2),
      ),
      [
        "#0 1 unknown 08:00:01 - in-process-restart 08:01:00",
        "#0 1 in-process-restart 08:01:00 - crash 08:02:00",
        "#1 2 boot 08:02:00",
      ],
    ],
    [
      "a mode that was told without the signal",
      log(up("08:00:00"), inProcess("08:00:05"), up("08:00:06")),
      ["#0 4711 boot 08:00:00 - in-process-restart 08:00:05", "#0 4711 in-process-restart 08:00:05"],
    ],
    [
      "a mode, and all markers of a start",
      log(
        startsHttp("08:00:00"),
        restart("08:01:00"),
        inProcess("08:01:02"),
        startsHttp("08:01:03"),
        ready("08:01:04"),
      ),
      ["#0 - boot 08:00:00 - in-process-restart 08:01:00", "#0 - in-process-restart 08:01:02"],
    ],
    [
      "… and what comes later is no part of that restart",
      log(
        startsHttp("08:00:00"),
        restart("08:01:00"),
        inProcess("08:01:02"),
        ready("08:01:04"),
        startsHttp("08:05:00"),
      ),
      [
        "#0 - boot 08:00:00 - in-process-restart 08:01:00",
        "#0 - in-process-restart 08:01:02 - crash 08:05:00?",
        "#1 - boot 08:05:00",
      ],
    ],
    [
      "… nor where it only listens",
      log(up("08:00:00"), restart("08:01:00"), inProcess("08:01:02"), up("08:01:04"), up("08:05:00")),
      [
        "#0 4711 boot 08:00:00 - in-process-restart 08:01:00",
        "#0 4711 in-process-restart 08:01:02 - crash 08:05:00?",
        "#1 4711 boot 08:05:00",
      ],
    ],
    [
      "a mode, and it crashes as it comes up again",
      log(
        startsHttp("08:00:00"),
        restart("08:01:00"),
        inProcess("08:01:02"),
        startsHttp("08:01:03"),
        uncaught("08:01:04"),
        startsHttp("08:01:10"),
      ),
      [
        "#0 - boot 08:00:00 - in-process-restart 08:01:00",
        "#0 - in-process-restart 08:01:02 - crash 08:01:00",
        "#1 - boot 08:01:10",
      ],
    ],
    [
      "a mode, and yet another PID",
      log(up("08:00:00"), restart("08:01:00"), inProcess("08:01:02"), up("08:01:10", 9)),
      [
        "#0 4711 boot 08:00:00 - in-process-restart 08:01:00",
        "#0 4711 in-process-restart 08:01:02 - crash 08:01:00",
        "#1 9 boot 08:01:10",
      ],
    ],
    [
      "a second instance that finds the port taken, and then a restart of the first",
      log(
        loading("08:00:00"),
        ready("08:00:01"),
        loading("08:00:10"),
        portTaken("08:00:15"),
        restart("08:00:20"),
        ready("08:00:22"),
      ),
      ["#0 - boot 08:00:00 - in-process-restart 08:00:20", "#0 - in-process-restart 08:00:22"],
    ],
  ])("within a process: %s", (_, text, lives) => expect(livesOf(text)).toEqual(lives));

  test.each<[string, string, string[]]>([
    [
      "one that it named",
      log(startsHttp("08:00:00"), ready("08:00:06"), restart("08:01:00"), respawn("08:01:02"), startsHttp("08:01:05")),
      ["#0 - boot 08:00:00 - respawn 08:01:00", "#1 - boot 08:01:05"],
    ],
    [
      "one that it named without a signal",
      log(startsHttp("08:00:00"), ready("08:00:06"), respawn("08:01:02"), startsHttp("08:01:05")),
      ["#0 - boot 08:00:00 - respawn 08:01:02", "#1 - boot 08:01:05"],
    ],
    [
      "after a stop, in a container where all have one PID",
      log(up("08:00:00", 1), stop("08:01:00"), up("08:02:00", 1)),
      ["#0 1 boot 08:00:00 - stop 08:01:00", "#1 1 boot 08:02:00"],
    ],
    [
      "after an error that nobody caught, and no restart had begun",
      log(up("08:00:00", 1), uncaught("08:01:00"), up("08:01:05", 1)),
      ["#0 1 boot 08:00:00 - crash 08:01:05?", "#1 1 boot 08:01:05"],
    ],
    [
      "that is told to stop while it comes up",
      log(startsHttp("08:00:00"), stop("08:00:01"), ready("08:00:02"), startsHttp("08:01:00")),
      ["#0 - boot 08:00:00 - stop 08:00:01", "#1 - boot 08:01:00"],
    ],
    [
      "whose loading is seen: it began then, and is another one for certain",
      log(loading("08:00:00"), ready("08:00:06"), loading("08:10:00"), startsHttp("08:10:04")),
      ["#0 - boot 08:00:00 - crash 08:10:04", "#1 - boot 08:10:00"],
    ],
    [
      "… that takes its time",
      log(loading("08:00:00"), ready("08:00:06"), loading("08:10:00"), startsHttp("08:13:00")),
      ["#0 - boot 08:00:00 - crash 08:13:00", "#1 - boot 08:10:00"],
    ],
    [
      "… that never came up: what follows after that time is the first one's",
      log(loading("08:00:00"), ready("08:00:06"), loading("08:10:00"), ready("08:13:00.001")),
      ["#0 - boot 08:00:00"],
    ],
  ])("another process: %s", (_, text, lives) => expect(livesOf(text)).toEqual(lives));
});

describe("the frame of a timeline", () => {
  const framesOf = (text: string) => diagnoseLog(text).tracker.gateway.timeline.map(({ event }) => event.kind);

  test.each<[string, string, string[]]>([
    [
      "of a start, its first marker and those that tell that it serves",
      log(startsHttp("08:00:00"), httpListens("08:00:03"), ready("08:00:06")),
      ["gateway-starting-http", "gateway-http-listening", "gateway-ready"],
    ],
    [
      "of a restart, not that it begins to listen",
      log(ready("08:00:00"), restart("08:01:00"), inProcess("08:01:02"), startsHttp("08:01:03"), ready("08:01:04")),
      ["gateway-ready", "shutdown-begun", "restart-mode", "gateway-ready"],
    ],
    [
      "of a version that logs its loading",
      log(loading("08:00:00"), startsHttp("08:00:01"), ready("08:00:06")),
      ["gateway-loading", "gateway-ready"],
    ],
    [
      "of what follows, what each process loaded",
      log(loading("08:00:00"), ready("08:00:06"), loading("08:10:00"), startsHttp("08:10:04"), ready("08:10:09")),
      ["gateway-loading", "gateway-ready", "gateway-loading", "gateway-ready"],
    ],
    [
      "crashes, and starts that failed",
      log(up("08:00:00"), uncaught("08:01:00"), portTaken("08:02:00")),
      ["gateway-listening", "unhandled-rejection", "gateway-start-failed"],
    ],
  ])("%s", (_, text, kinds) => expect(framesOf(text)).toEqual(kinds));

  test("of hundreds of restarts is what came last, in its order", () => {
    const time = (index: number) => new Date(Date.UTC(2026, 0, 28, 8, 0, index)).toISOString().slice(11, 23);
    const text = log(...Array.from({ length: 1_000 }, (_, index) => up(time(index), index)));
    const { timeline } = diagnoseLog(text).tracker.gateway;
    const sequences = timeline.map(({ sequence }) => sequence);
    expect(sequences.at(-1)).toBe(1_000);
    expect(sequences).toEqual(sequences.map((_, index) => 1_001 - sequences.length + index));
    expect(sequences.length).toBeLessThanOrEqual(400);
    expect(sequences.length).toBeGreaterThanOrEqual(200);
  });
});
