/** What is not the defect: no false alarm, and nobody is hurt. */
import { READING, type ResetCall } from "../arena.ts";
import type { Trial } from "../trial.ts";

function said(call: ResetCall): string {
  return `${call.report?.results.map((it) => `${it.sessionKey} ${it.outcome}`).join(", ") ?? "nothing"} ${call.err}`;
}

function changes(call: ResetCall): string {
  return call.sent.flatMap(({ method }) => (READING.has(method) ? [] : [method])).join(", ");
}

/** The kind of a source of evidence: file names differ from run to run. */
function kindOf(source: string): string {
  if (source.endsWith(".lock")) return "lock file";
  return source === "sessions.list" ? "hasActiveRun" : "log";
}

export const hangTrial: Trial = {
  name: "hang",
  about: "a run that hangs with no restart; another that is only slow",
  appliesTo: () => true,
  async play(arena, check) {
    const { stage } = arena;
    await stage.ask("room-a", "ok");
    await stage.ask("room-b", "ok");
    await stage.begin("room-b", "hang");
    const slow = await stage.begin("room-c", "slow", 40);

    const none = await arena.reset(["--all-blocked", "--yes"]);
    check(changes(none) === "", `all blocked: ${changes(none)}`);
    const living = await arena.reset(["room-c", "--yes"]);
    check(
      changes(living) === "" && living.exitCode === 1 && living.result?.outcome === "refused",
      `a living run: ${said(living)}`,
    );
    const free = await arena.reset(["room-a", "--yes"]);
    check(changes(free) === "" && free.result?.outcome === "already-free", `a free session: ${said(free)}`);

    await arena.pause(4_000);
    const call = await arena.reset(["room-b", "--yes", "--stall-after", "3s", "--force"]);
    const step = arena.lastStep();
    check(call.exitCode === 0 && call.result?.outcome === "restored", `the hang: ${said(call)}`);
    check(arena.wasEnded("hang-1"), "the model server did not see the run end");
    check(await arena.answers("room-b"), "room-b does not answer");
    check(!arena.wasEnded(slow), "the slow run was ended");
    check(await stage.until(() => stage.isOver(slow), 50), "the slow run did not answer");
    const proof = call.result?.evidence.map(({ source }) => kindOf(source)).join(", ");
    return { doctor: "no alarm; with --stall-after: stalled", freedBy: `${step}; proof: ${proof}` };
  },
};

export const restartTrial: Trial = {
  name: "restart-without-wedge",
  about: "a hang cut by a restart that does not wedge: no false alarm, nothing sent to a free session",
  appliesTo: (version) => !version.recovers && version.restartsInto === "new-process",
  async play(arena, check) {
    const { stage } = arena;
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    await stage.restart();
    await arena.pause(1_000);
    const { report, exitCode } = await arena.doctor();
    const all = await arena.reset(["--all-blocked", "--yes"]);
    // A gateway whose file holds only warnings gives no runs over logs.tail, and nobody can tell who is blocked.
    const showsRuns = arena.version.fileHolds === "everything";
    check(
      changes(all) === "" && (showsRuns ? all.exitCode === 0 && all.report?.results.length === 0 : all.exitCode === 2),
      `all blocked: ${said(all)} ${changes(all)}`,
    );
    if (showsRuns) {
      const one = await arena.reset(["room-b", "--yes"]);
      check(
        one.exitCode === 0 && changes(one) === "" && one.result?.outcome === "already-free",
        `room-b: ${said(one)} ${changes(one)}`,
      );
    }
    check(await arena.answers("room-b", 20), "room-b does not answer");
    return {
      doctor: `${report.verdict} (exit ${exitCode})`,
      freedBy: "nothing needed: the restart took a new process",
    };
  },
};

export const recoveryTrial: Trial = {
  name: "held-back",
  about: "turns that a restart cut are tried again and hang again; sessions behind them are held back",
  appliesTo: (version) => version.recovers,
  async play(arena, check) {
    const { stage, model } = arena;
    await stage.ask("room-a", "ok");
    const rooms = ["room-b", "room-c", "room-d", "room-e", "room-f", "room-g"].slice(0, stage.version.mainLane);
    for (const room of rooms) await stage.begin(room, "hang");
    await stage.restart();
    await stage.until(() => model.streams.filter(({ continued }) => continued).length >= 3, 20);
    await stage.ask("room-a", "ok");
    const roomOf = (id: string): string | undefined => stage.sent.find((message) => message.id === id)?.session;
    const recovering = rooms.filter((room) =>
      model.streams.some(({ continued, id, end }) => continued && end === undefined && roomOf(id) === room),
    );
    const behind = rooms.filter((room) => !recovering.includes(room));
    const unanswered = new Map<string, string>();
    for (const room of behind) unanswered.set(room, await stage.say(room, "ok"));
    await arena.pause(8_000);
    const { report } = await arena.doctor();
    const blocked = report.sessions
      .filter(({ state }) => state === "blocked")
      .map(({ sessionKey }) => sessionKey.replace("agent:main:", ""));

    const all = await arena.reset(["--all-blocked", "--yes"]);
    check(changes(all) === "", `all blocked: sent ${changes(all)}`);
    const free = await arena.reset(["room-a", "--yes"]);
    check(changes(free) === "" && free.result?.outcome === "already-free", `room-a: ${said(free)} ${changes(free)}`);

    const held = behind.find((room) => !stage.isOver(unanswered.get(room) ?? ""));
    let freedBy = "nobody was held back";
    if (held !== undefined) {
      const blind = await arena.reset([held, "--yes"]);
      check(blind.result?.outcome === "unverified", `${held}, held back, without a probe: ${said(blind)}`);
      const call = await arena.reset([
        held,
        "--yes",
        "--probe",
        "--probe-text",
        "[lab ok #probe-held]",
        "--probe-timeout",
        "30s",
      ]);
      check(call.exitCode === 0, `${held}, held back: ${said(call)}`);
      check(!changes(call).includes("sessions.reset"), `${held}, held back: it was sent twice`);
      check(await arena.answers(held, 20), `${held} does not answer`);
      freedBy = `held back: ${arena.lastStep()}, unverified without --probe, then ${call.result?.outcome}`;
    }
    const [hanging] = recovering;
    if (hanging !== undefined) {
      const call = await arena.reset([hanging, "--yes", "--force"]);
      check(call.result?.outcome === "restored", `${hanging}, recovery that hangs: ${said(call)}`);
      check(await arena.answers(hanging, 20), `${hanging} does not answer`);
      freedBy += `; hanging recovery: ${arena.lastStep()}`;
    }
    return {
      doctor: `${report.verdict}: ${blocked.join(", ") || "none"} blocked, ${recovering.length} recoveries hang`,
      freedBy,
    };
  },
};
