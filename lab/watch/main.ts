/**
 * Plays `watch --heal` beside a real gateway: it is wedged, and must be told to
 * be blocked, freed, told to be free, and answer its next message. The watch
 * finds the log by the gateway itself (--gateway). Two more watch beside it and must send nothing: one with --dry-run, one whose log is a
 * copy and so not the gateway's own.
 *
 *   npx tsx lab/watch/main.ts [version] [--quick] [--keep] [--verbose]
 *
 * A run counts as dead for sure a minute past its timeout, by the gateway's own
 * clock, so this takes one and a half minutes. With --quick nobody waits for
 * that: the three must leave it alone, and a person's `reset` frees it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { Decoder } from "../../src/formats/decode.ts";
import { NODE_WORLD } from "../../src/reset.ts";
import { GatewayFollower } from "../../src/sources/follow/gateway.ts";
import { sleep } from "../gateway.ts";
import { Arena } from "../reset/arena.ts";
import { findGateway, gatewayName } from "../versions.ts";
import { runProgram } from "../program.ts";

const BIN = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));

type Told = Readonly<Record<string, unknown>> & { readonly event: string };

/** A `watch` of its own process, as a service would run it. */
class WatchProcess {
  readonly told: Told[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #err = "";

  constructor(
    name: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    cwd: string,
    say: (line: string) => void,
  ) {
    const child = spawn(process.execPath, [BIN, "watch", "--format", "ndjson", ...words], {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      say(`${name}: ${line.slice(0, 400)}`);
      this.told.push(JSON.parse(line) as Told);
    });
    child.stderr.on("data", (text: Buffer) => {
      this.#err += text.toString();
      say(`${name}: ${text.toString().trimEnd()}`);
    });
    this.ended = new Promise((resolve) => child.once("exit", resolve));
  }

  events(name: string): readonly Told[] {
    return this.told.filter(({ event }) => event === name);
  }

  async until(name: string, seconds: number): Promise<Told> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const [first] = this.events(name);
      if (first) return first;
      if (Date.now() > deadline || this.#child.exitCode !== null) {
        throw new Error(`no "${name}" was told, but ${this.told.map(({ event }) => event).join(", ")} ${this.#err}`);
      }
      await sleep(50);
    }
  }

  async end(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return await this.ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Follows the same gateway by `logs.tail`, as from another machine, through its restart. */
class SocketFollower {
  readonly #follower: GatewayFollower;
  readonly #messages: string[] = [];
  readonly #notices: string[] = [];
  #going = true;
  #done: Promise<void> = Promise.resolve();

  private constructor(follower: GatewayFollower) {
    this.#follower = follower;
  }

  static async begin(arena: Arena): Promise<SocketFollower> {
    const { io } = arena.io();
    const connect = async () => (await NODE_WORLD.connect({}, io)).gateway;
    const one = new SocketFollower(new GatewayFollower(connect, Date.now));
    await one.#follower.open();
    for await (const batch of one.#follower.history()) one.#messages.push(...batch.map(({ message }) => message));
    one.#done = one.#go();
    return one;
  }

  async #go(): Promise<void> {
    while (this.#going) {
      await this.#poll();
      await sleep(300);
    }
  }

  async #poll(): Promise<void> {
    const { records, notices } = await this.#follower.poll();
    this.#messages.push(...records.map(({ message }) => message));
    this.#notices.push(...notices.map(({ kind }) => kind));
  }

  /** Every line of the file came over the socket, once and in order. */
  async check(log: string): Promise<void> {
    this.#going = false;
    await this.#done;
    const decoder = new Decoder();
    const lines = readFileSync(log, "utf8").split("\n");
    const there = lines.flatMap((line) => decoder.decode(line)?.parsed.message ?? []);
    await this.#poll();
    const came = this.#messages.slice(0, there.length);
    const at = there.findIndex((message, index) => message !== came[index]);
    check(at < 0, `over the socket line ${at + 1} is ${came[at] ?? "missing"}, in the file ${there[at] ?? ""}`);
    const told = this.#notices.join();
    check(told === "gateway-unreachable,gateway-reachable", `over the socket it was told: ${told}`);
  }

  async end(): Promise<void> {
    this.#going = false;
    await this.#done;
    await this.#follower.close();
  }
}

function check(fact: boolean, text: string): void {
  if (!fact) throw new Error(text);
}

/** Goes on copying what the gateway appends, so that the copy is a log that grows. */
function copying(from: string, to: string): () => void {
  let at = 0;
  appendFileSync(to, "");
  const timer = setInterval(() => {
    if (statSync(from, { throwIfNoEntry: false })?.size === at) return;
    const bytes = readFileSync(from);
    appendFileSync(to, bytes.subarray(at));
    at = bytes.length;
  }, 200);
  return () => clearInterval(timer);
}

/** What is not sure is left alone by all three; a person need not wait for it. */
async function freeByHand(arena: Arena): Promise<void> {
  // Longer than the grace.
  await sleep(4_000);
  const call = await arena.reset(["main", "--yes"]);
  check(call.result?.outcome === "restored", `reset: ${call.out} ${call.err}`);
}

async function freeByWatch(arena: Arena, healer: WatchProcess, dry: WatchProcess, other: WatchProcess): Promise<void> {
  const planned = await dry.until("heal", 120);
  check(planned["outcome"] === "planned", `the dry run says ${JSON.stringify(planned)}`);
  const refused = await other.until("heal", 120);
  check(refused["outcome"] === "refused", `beside a copy of the log: ${JSON.stringify(refused)}`);
  check(String(refused["detail"]).includes("not watched"), `beside a copy of the log: ${JSON.stringify(refused)}`);
  const healed = await healer.until("heal", 120);
  check(healed["outcome"] === "restored", `healed: ${JSON.stringify(healed)}`);
  const begin = arena.journal().find(({ event }) => event === "begin");
  check(String(begin?.["reason"]).startsWith("watch --heal: "), `the journal says why: ${String(begin?.["reason"])}`);
}

async function play(arena: Arena, quick: boolean, say: (line: string) => void): Promise<void> {
  const { stage, root } = arena;
  const log = join(root, "gateway.jsonl");
  const copy = join(root, "copy.jsonl");
  const { io } = arena.io();
  const env = (state: string): NodeJS.ProcessEnv => ({
    ...io.env,
    HOME: io.homedir,
    XDG_STATE_HOME: join(root, state),
  });
  const limits = ["--run-timeout", "1s", "--after", "1s", "--grace", "2s"];
  // The one that acts comes last, or the others would have nothing to say.
  const later = [...limits.slice(0, -1), quick ? "2s" : "68s"];
  const execLog = join(root, "exec.ndjson");
  await stage.ask("main", "ok");
  const stopCopying = copying(log, copy);
  const overSocket = await SocketFollower.begin(arena);
  const healer = new WatchProcess(
    "heal",
    ["--gateway", "--heal", "--exec", `cat >> ${execLog}`, ...later],
    env("xdg"),
    root,
    say,
  );
  const dry = new WatchProcess("dry", [log, "--heal", "--dry-run", ...limits], env("xdg-dry"), root, say);
  const other = new WatchProcess("copy", [copy, "--heal", ...limits], env("xdg-copy"), root, say);
  const all = [healer, dry, other];
  try {
    for (const it of all) await it.until("state", 20);
    await stage.begin("main", "hang");
    await stage.restart();
    await stage.say("main", "ok");
    for (const it of all) await it.until("blocked", 30);

    if (quick) await freeByHand(arena);
    else await freeByWatch(arena, healer, dry, other);
    await healer.until("free", 20);
    check(await arena.answers("main"), "the next message is not answered");
    check(arena.wasEnded("hang-1"), "the model server still has the hanging call");

    const order = healer.told.map(({ event }) => event);
    const expected = ["state", "gateway-restarted", "blocked", ...(quick ? [] : ["heal"]), "free"];
    check(order.join() === expected.join(), `told in this order: ${order.join()}`);
    const sends = arena.journal().filter(({ event }) => event === "send");
    check(sends.length === 1, `sent: ${JSON.stringify(sends)}`);
    for (const it of all) check((await it.end()) === 0, "SIGTERM does not end it with 0");
    await overSocket.check(log);
    const commands = readFileSync(execLog, "utf8").trim().split("\n");
    const heard = commands.map((line) => (JSON.parse(line) as Told).event);
    check(heard.toSorted().join() === order.slice(1).toSorted().join(), `the command heard ${heard.join()}`);
  } finally {
    stopCopying();
    await overSocket.end();
    for (const it of all) it.kill();
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const version = findGateway(positionals[0] ?? "2026.1.24-3");
  if (!version) throw new Error(`"${positionals[0]}" is not known here`);
  const began = Date.now();
  const notes: string[] = [];
  const say = (line: string): void => void (values.verbose ? console.log(`    ${line}`) : notes.push(line));
  let problem: string | undefined;
  let arena: Arena | undefined;
  try {
    arena = await Arena.open(version, {}, say);
    await play(arena, values.quick, say);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    for (const line of notes) console.log(`    ${line}`);
  } finally {
    await arena?.close(values.keep && problem !== undefined);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  const verdict = problem === undefined ? "ok    " : "FAILED";
  console.log(
    `${verdict} ${gatewayName(version)} watch --heal (${seconds} s)${problem === undefined ? "" : `: ${problem}`}`,
  );
  console.log(problem === undefined ? "1 passed, 0 failed" : "0 passed, 1 failed");
  return problem === undefined ? 0 : 1;
}

runProgram(run);
