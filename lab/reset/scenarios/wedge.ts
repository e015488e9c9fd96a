/** The defect itself: hangs that a restart in the same process cut. */
import { READING, type Arena, type ResetCall } from "../arena.ts";
import type { Check, Row, Trial } from "../trial.ts";
import type { GatewayVersion } from "../../versions.ts";
import type { RepairStep } from "../../../src/repair/steps/step.ts";

const wedges = (version: GatewayVersion): boolean =>
  version.noRespawn ? version.version === "2026.2.26" : version.restartsInto === "same-process" && !version.recovers;

/** Two hangs, one in a second turn and one in a first, and a third as control; a message waits. */
async function wedge(arena: Arena): Promise<void> {
  const { stage } = arena;
  await stage.ask("room-a", "ok");
  await stage.ask("room-b", "ok");
  await stage.begin("room-b", "hang");
  await stage.begin("room-c", "hang");
  await stage.begin("room-d", "hang");
  await stage.restart();
  await stage.say("room-b", "ok");
  await arena.pause(1_000);
}

function said(call: ResetCall): string {
  return `${call.result?.outcome ?? "nothing"} ${call.err}`;
}

function changes(call: ResetCall): string[] {
  return call.sent
    .filter(({ method }) => !READING.has(method))
    .map(({ method, params }) => JSON.stringify([method, params["sessionKey"] ?? params["key"], params["message"]]));
}

async function blockedByDoctor(arena: Arena): Promise<string[]> {
  const { report } = await arena.doctor();
  return report.sessions
    .filter(({ state }) => state === "blocked")
    .map(({ sessionKey }) => sessionKey.replace(/^agent:main:/, ""))
    .toSorted();
}

async function play(arena: Arena, check: Check): Promise<Row> {
  await wedge(arena);
  const named = await blockedByDoctor(arena);
  check(named.join() === "room-b,room-c,room-d", `the doctor names ${named.join()}`);
  const keptId = await arena.sessionId("room-b");
  const idOfC = await arena.sessionId("room-c");

  const dry = await arena.reset(["room-b", "--dry-run"]);
  check(dry.exitCode === 0 && dry.result?.outcome === "planned", `dry run: ${said(dry)}`);
  check(
    dry.sent.every(({ method }) => READING.has(method)),
    `dry run sent ${dry.sent.map(({ method }) => method).join()}`,
  );
  check(!arena.wasEnded("hang-1"), "dry run ended the run");

  const nobody = await arena.reset(["room-b"]);
  check(
    nobody.exitCode === 2 && nobody.sent.every(({ method }) => READING.has(method)),
    "without a terminal and --yes something was sent",
  );
  const unknown = await arena.reset(["room-b", "room-zz", "--yes"]);
  check(
    unknown.exitCode === 2 && unknown.sent.every(({ method }) => READING.has(method)),
    "an unknown id did not stop it",
  );

  const byKey = await arena.reset(["room-b", "--yes", "--reason", "lab"]);
  check(byKey.exitCode === 0 && byKey.result?.outcome === "restored", `by key: ${said(byKey)}`);
  check(arena.wasEnded("hang-1"), "the model server did not see the run end");
  const byId = await arena.reset([idOfC ?? "", "--yes"]);
  check(byId.exitCode === 0 && byId.result?.outcome === "restored", `by sessionId: ${said(byId)}`);
  check(arena.wasEnded("hang-2"), "the model server did not see the second run end");

  const step = arena.lastStep();
  const keeps = !step.includes("sessions.reset");
  if (keeps)
    check(
      (await arena.sessionId("room-b")) === keptId && arena.remembers(keptId, "ok-2"),
      "the conversation is not kept",
    );
  check(await arena.answers("room-b"), "room-b does not answer");
  check(await arena.answers("room-c"), "room-c does not answer");
  if (keeps) check((await arena.sessionId("room-b")) === keptId, "the next message began another conversation");
  check(!arena.wasEnded("hang-3"), "the control's run was ended");
  check(!(await arena.answers("room-d", 5)), "the control answers");

  if (keeps) {
    const before = await arena.sessionId("room-d");
    const anew = await arena.reset(["room-d", "--yes", "--new-session"]);
    check(anew.exitCode === 0 && anew.result?.outcome === "restored", `--new-session: ${said(anew)}`);
    check(arena.wasEnded("hang-3") && (await arena.answers("room-d")), "room-d does not answer after --new-session");
    check((await arena.sessionId("room-d")) !== before, "--new-session kept the conversation");
  }

  const again = await arena.reset(["room-b", "--yes"]);
  check(again.exitCode === 0 && again.result?.outcome === "already-free", `second call: ${said(again)}`);
  check(
    again.sent.every(({ method }) => READING.has(method)),
    "the second call sent something",
  );
  const free = await arena.reset(["room-a", "--yes"]);
  check(free.result?.outcome === "already-free", `free session: ${said(free)}`);
  return {
    doctor: `blocked: ${named.join(", ")}`,
    freedBy: `${step}${keeps ? ", conversation kept" : ", new conversation"}`,
  };
}

export const wedgeTrial: Trial = {
  name: "wedge",
  about: "three hangs cut by a restart in the same process, two repaired, one left as control",
  appliesTo: wedges,
  noRespawn: true,
  play,
};

const does = (step: RepairStep["name"], action: "abort" | "reset"): RepairStep => ({
  name: step,
  action,
  method: "chat.send",
  keepsConversation: action === "abort",
  says: "nothing",
  timeoutMs: 1_000,
  send: async () => ({ result: "claimed", detail: "disabled by the lab" }),
});

export const disabledTrial: Trial = {
  name: "step-disabled",
  about: "the step that helps is disabled: ineffective, never restored; then sessions.reset alone",
  appliesTo: wedges,
  noRespawn: true,
  async play(arena, check) {
    await wedge(arena);
    const call = await arena.reset(["room-d", "--yes"], {
      steps: { "stop-command": does("stop-command", "abort"), "sessions-reset": does("sessions-reset", "reset") },
    });
    check(call.exitCode === 1 && call.result?.outcome === "ineffective", `disabled: ${said(call)}`);
    check(!arena.wasEnded("hang-3"), "the run ended");

    const soon = await arena.reset(["room-d", "--yes"]);
    check(soon.result?.outcome === "refused", `within the cool-down: ${said(soon)}`);

    const reply = await arena.stage.request("sessions.reset", { key: "room-d" }, 30_000);
    const freed = await arena.answers("room-d", 6);
    if (arena.version.version.startsWith("2026.1.")) {
      check(reply.ok && !freed && !arena.wasEnded("hang-3"), "sessions.reset alone freed it here");
      const after = await arena.reset(["room-d", "--yes", "--force"]);
      check(after.exitCode === 1 && after.result?.outcome === "refused", `after sessions.reset: ${said(after)}`);
      check(after.result?.next?.includes("restart") === true, `next: ${after.result?.next}`);
    }
    return {
      doctor: "–",
      freedBy: freed
        ? "`sessions.reset` by hand"
        : "nothing: `sessions.reset` answers ok:true and the session stays blocked",
    };
  },
};

export const lanesTrial: Trial = {
  name: "lanes-exhausted",
  about: "four orphans take the whole main lane, so that two more sessions wait; --all-blocked",
  appliesTo: (version) => wedges(version) && version.version !== "2026.2.26",
  noRespawn: true,
  async play(arena, check) {
    const { stage } = arena;
    await stage.ask("room-a", "ok");
    for (const room of ["room-b", "room-c", "room-d", "room-e"]) await stage.begin(room, "hang");
    await stage.restart();
    const waits = [await stage.say("room-a", "ok"), await stage.say("room-f", "ok")];
    await arena.pause(3_000);
    const unsure = await arena.reset(["--all-blocked", "--yes"]);
    check(
      unsure.exitCode === 1 && unsure.sent.every(({ method }) => READING.has(method)),
      "acted on medium confidence",
    );
    // A gateway whose config says so gives a run up after 2 s; this one did not.
    await arena.pause(60_000);
    const call = await arena.reset(["--all-blocked", "--yes", "--run-timeout", "2s"]);
    check(
      call.exitCode === 0,
      `all blocked: ${call.report?.results.map((it) => `${it.sessionKey} ${it.outcome}`).join(", ")} ${call.err}`,
    );
    check(
      ["hang-1", "hang-2", "hang-3", "hang-4"].every((id) => arena.wasEnded(id)),
      "not all runs ended",
    );
    check(await stage.until(() => waits.every((id) => stage.isOver(id)), 15), "who waited got no answer");
    for (const room of ["room-b", "room-c", "room-d", "room-e"])
      check(await arena.answers(room), `${room} does not answer`);
    return { doctor: "blocked: all sessions, main lane full", freedBy: `${arena.lastStep()}, all four` };
  },
};

export const defaultLevelTrial: Trial = {
  name: "default-level",
  about: "at the default log level: proved by the lock file, by --probe, or not at all",
  appliesTo: (version) => wedges(version),
  noRespawn: true,
  debug: false,
  async play(arena, check) {
    await wedge(arena);
    const byLock = await arena.reset(["room-b", "--yes"]);
    check(byLock.exitCode === 0 && byLock.result?.outcome === "restored", `lock: ${said(byLock)}`);
    check(byLock.result?.evidence.some(({ source }) => source.endsWith(".lock")) === true, "not by the lock");
    check(arena.wasEnded("hang-1"), "the run did not end");
    check(await arena.answers("room-b"), "room-b does not answer");

    const blind = await arena.reset(["room-c", "--yes", "--no-state"]);
    check(blind.exitCode === 1 && blind.result?.outcome === "unverified", `no state: ${said(blind)}`);
    check(blind.result?.next?.includes("--probe") === true, `next: ${blind.result?.next}`);
    const probe = (room: string) => [
      room,
      "--yes",
      "--no-state",
      "--probe",
      "--probe-text",
      `[lab ok #probe-${room}]`,
      "--probe-timeout",
      "15s",
    ];
    const proved = await arena.reset(probe("room-c"));
    check(proved.exitCode === 0 && proved.result?.outcome === "restored", `probe: ${said(proved)}`);
    const steps = [...changes(blind), ...changes(proved)].filter((it) => !it.includes("lab ok"));
    check(new Set(steps).size === steps.length, `a step was sent twice: ${steps.join(", ")}`);

    const atOnce = await arena.reset(probe("room-d"));
    check(atOnce.exitCode === 0 && atOnce.result?.outcome === "restored", `probe at once: ${said(atOnce)}`);
    const again = await arena.reset(["room-b", "--yes"]);
    check(again.result?.outcome === "already-free", `second call: ${said(again)}`);
    return { doctor: "–", freedBy: `${arena.lastStep()}; proof: lock file, or --probe; unverified with neither` };
  },
};
