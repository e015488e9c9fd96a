/**
 * Sends one `chat.send` twice with the same idempotency key, as a client does
 * whose connection was cut before the answer, and sees at the model server what
 * the gateway made of the second.
 *
 *   npm run lab:doubled -- [version] [--verbose]
 */
import { parseArgs } from "node:util";

import { directive } from "./model-server.ts";
import { Arena } from "./reset/arena.ts";
import type { RpcReply } from "./rpc.ts";
import { sleep } from "./gateway.ts";
import { findGateway, gatewayName } from "./versions.ts";
import { runProgram, say } from "./program.ts";

/** In which a second turn would have begun, were there one (ms). */
const SETTLES_MS = 4_000;
/** The same after a restart, on a machine that has much else to do (seconds). */
const FIRST_TURN_S = 40;
const HANGING = 8;

class Trial {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** A message, from a connection of its own, which is cut right after it where nobody waits for the answer. */
  async send(room: string, message: string, key: string, waits = true): Promise<RpcReply | undefined> {
    const client = await this.#arena.gateway.connect(() => {});
    const answer = client.request("chat.send", { sessionKey: room, message, idempotencyKey: key });
    // What was written is on its way before the connection ends.
    if (!waits) await sleep(20);
    const reply = waits ? await answer : undefined;
    client.close();
    return reply;
  }

  turns(id: string): number {
    return this.#arena.model.streamsOf(id).length;
  }

  async whenOver(): Promise<void> {
    const { stage } = this.#arena;
    const twice = directive("ok", "over");
    await this.send("over", twice, "over");
    await stage.until(() => stage.isOver("over"), 20);
    const second = await this.send("over", twice, "over");
    await sleep(SETTLES_MS);
    say(`a message that was answered: ${this.turns("over")} turn(s); the second is told ${told(second)}`);
  }

  async whileItRuns(): Promise<void> {
    const { stage } = this.#arena;
    const slow = directive("slow", "runs", HANGING);
    await this.send("runs", slow, "runs");
    await stage.until(() => this.turns("runs") > 0, 20);
    const second = await this.send("runs", slow, "runs");
    await stage.until(() => stage.isOver("runs"), HANGING + 20);
    await sleep(SETTLES_MS);
    say(`a message whose run goes on: ${this.turns("runs")} turn(s); the second is told ${told(second)}`);
  }

  async whenCut(): Promise<void> {
    const { stage } = this.#arena;
    await this.send("cut", directive("ok", "cut"), "cut", false);
    const second = await this.send("cut", directive("ok", "cut"), "cut");
    await stage.until(() => stage.isOver("cut"), 20);
    await sleep(SETTLES_MS);
    say(`a message whose connection was cut at once: ${this.turns("cut")} turn(s); the second is told ${told(second)}`);
  }

  /** The step of a repair: does its double end what came after it? */
  async stopTwice(): Promise<void> {
    const { stage } = this.#arena;
    const first = await stage.begin("stop", "hang");
    await this.send("stop", "/stop:", "stop-1");
    const isFreed = await stage.until(() => this.#arena.wasEnded(first), 20);
    const next = await stage.begin("stop", "hang");
    const second = await this.send("stop", "/stop:", "stop-1");
    await sleep(SETTLES_MS);
    const ended = this.#arena.wasEnded(next);
    say(
      `/stop: ends the run: ${yes(isFreed)}; its double ends the next one: ${yes(ended)}; it is told ${told(second)}`,
    );
    await this.send("stop", "/stop:", "stop-2");
    const other = await stage.until(() => this.#arena.wasEnded(next), 20);
    say(`/stop: with another key ends the next one: ${yes(other)}`);
  }

  async afterRestart(): Promise<void> {
    const { stage } = this.#arena;
    const message = directive("ok", "restart");
    await this.send("restart", message, "restart");
    await stage.until(() => stage.isOver("restart"), 20);
    await stage.restart();
    const second = await this.send("restart", message, "restart");
    await stage.until(() => this.turns("restart") > 1, FIRST_TURN_S);
    say(`a message from before a restart: ${this.turns("restart")} turn(s); the second is told ${told(second)}`);
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { verbose: { type: "boolean", default: false } },
  });
  const version = findGateway(positionals[0] ?? "2026.1.24-3");
  if (!version) throw new Error(`"${positionals[0]}" is not known here`);
  const arena = await Arena.open(version, {}, values.verbose ? say : () => {});
  try {
    say(gatewayName(version));
    const trial = new Trial(arena);
    await trial.whenOver();
    await trial.whileItRuns();
    await trial.whenCut();
    await trial.stopTwice();
    await trial.afterRestart();
    return 0;
  } finally {
    await arena.close();
  }
}

function told(reply: RpcReply | undefined): string {
  return JSON.stringify(reply?.ok === true ? reply.payload : reply?.error).slice(0, 200);
}

function yes(fact: boolean): string {
  return fact ? "yes" : "no";
}

runProgram(run);
