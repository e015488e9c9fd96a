/** A gateway that dies, stops or talks nonsense in the middle of a repair (the defect's own version). */
import { GatewayError } from "../../../src/gateway/gateway.ts";
import { kill } from "../../processes.ts";
import type { Arena, CallOptions, ResetCall } from "../arena.ts";
import type { Trial } from "../trial.ts";

function said(call: ResetCall): string {
  return `${call.result?.outcome ?? "nothing"} ${call.err}`;
}

function stopsIn(...calls: readonly ResetCall[]): number {
  return calls.flatMap(({ sent }) => sent).filter(({ params }) => params["message"] === "/stop:").length;
}

/** Kills the gateway while the step lies in its socket: stopped first, so that it never reads it. */
function killAtStep(arena: Arena): NonNullable<CallOptions["between"]> {
  return async (_peer, method, params, go) => {
    if (method !== "chat.send" || params["message"] !== "/stop:") return await go();
    kill(arena.gateway.process?.pid ?? 0, "SIGSTOP");
    const going = go();
    // Whoever waits for it hears of it below.
    going.catch(() => {});
    await arena.pause(100);
    await arena.gateway.crash();
    return await going;
  };
}

async function wedgeThree(arena: Arena): Promise<void> {
  for (const room of ["room-b", "room-c", "room-d", "room-e"]) await arena.stage.begin(room, "hang");
  await arena.stage.restart();
  await arena.pause(500);
}

export const chaosTrial: Trial = {
  name: "cut-in-the-middle",
  about:
    "garbage for an answer, slow answers, SIGSTOP and SIGKILL while a repair goes on: a true outcome, the next call finishes, nothing is sent twice",
  appliesTo: (version) => version.version === "2026.1.24-3",
  async play(arena, check) {
    const { stage, gateway } = arena;
    await wedgeThree(arena);

    const garbage = await arena.reset(["room-b", "--yes"], {
      between: async (_peer, method, _params, go) => {
        const answer = await go();
        if (method === "chat.send") throw new GatewayError("garbage", "answered something else", true);
        return answer;
      },
    });
    check(garbage.exitCode === 0 && garbage.result?.outcome === "restored", `garbage: ${said(garbage)}`);
    check(arena.wasEnded("hang-1") && stopsIn(garbage) === 1, "garbage: the run did not end, or it was sent twice");

    const slow = await arena.reset(["room-e", "--yes"], {
      between: async (_peer, _method, _params, go) => {
        await arena.pause(1_500);
        return await go();
      },
    });
    check(slow.exitCode === 0 && slow.result?.outcome === "restored" && stopsIn(slow) === 1, `slow: ${said(slow)}`);

    // Stopped just before the step: it lies in the gateway's socket until SIGCONT.
    const pid = gateway.process?.pid ?? 0;
    const stopped = await arena.reset(["room-c", "--yes", "--timeout", "1s", "--verify-timeout", "3s"], {
      between: async (_peer, method, params, go) => {
        if (method === "chat.send" && params["message"] === "/stop:") kill(pid, "SIGSTOP");
        return await go();
      },
    });
    check(stopped.exitCode === 1 && stopped.result?.outcome === "unverified", `SIGSTOP: ${said(stopped)}`);
    check(arena.journal().at(-1)?.["event"] === "cut", "SIGSTOP: the journal has an end");
    kill(pid, "SIGCONT");
    check(await stage.until(() => arena.wasEnded("hang-2"), 20), "SIGCONT: the run did not end");
    await arena.pause(1_000);
    const finished = await arena.reset(["room-c", "--yes"]);
    check(finished.exitCode === 0 && finished.result?.outcome === "restored", `after SIGCONT: ${said(finished)}`);
    check(stopsIn(stopped, finished) === 1, "SIGSTOP: it was sent twice");
    check(arena.journal().at(-1)?.["event"] === "end", "after SIGCONT: the journal has no end");
    check(await arena.answers("room-c"), "room-c does not answer");

    const killed = await arena.reset(["room-d", "--yes", "--timeout", "1s", "--verify-timeout", "3s"], {
      between: killAtStep(arena),
    });
    check(
      killed.exitCode === 1 && ["unverified", "failed"].includes(killed.result?.outcome ?? ""),
      `SIGKILL: ${said(killed)}`,
    );
    check(arena.journal().at(-1)?.["event"] === "cut", "SIGKILL: the journal has an end");
    const nobody = await arena.reset(["room-d", "--yes"]);
    check(nobody.exitCode === 2 && nobody.sent.length === 0, `no gateway: ${said(nobody)}`);
    await stage.start();
    await arena.pause(500);
    const after = await arena.reset(["room-d", "--yes"]);
    check(after.exitCode === 0 && stopsIn(killed, after) === 1, `after the new start: ${said(after)}`);
    check(await arena.answers("room-d", 45), "room-d does not answer");
    return {
      doctor: "–",
      freedBy: `chat.send \`/stop:\`; garbage → restored, slow → restored, SIGSTOP → unverified then restored, SIGKILL → ${killed.result?.outcome} then ${after.result?.outcome}`,
    };
  },
};
