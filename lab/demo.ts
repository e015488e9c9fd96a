/**
 * `npm run demo`: the defect on a real gateway, found, repaired and proved, in
 * one command. Takes about a minute; the first time it also installs the
 * gateway into a cache (about 1 GB).
 */
import { join } from "node:path";
import { main } from "../src/cli.ts";
import { Arena } from "./reset/arena.ts";
import { findGateway } from "./versions.ts";

const say = (line: string): void => console.log(line);

async function demo(): Promise<number> {
  const version = findGateway("2026.1.24-3");
  if (!version) throw new Error("the lab does not know that gateway");
  say("# clawdbot 2026.1.24-3 from the npm registry, with a model server of ours that hangs when told to");
  const arena = await Arena.open(version, {}, (line) => (line.startsWith("installing") ? say(`# ${line}`) : undefined));
  const { stage } = arena;
  const tool = async (...words: string[]): Promise<void> => {
    say(`\n$ clawdbot-sessions ${words.map((word) => word.replace(`${arena.root}/`, "")).join(" ")}`);
    const { io, out, err } = arena.io();
    const code = await main(words, io);
    say((out() + err()).replaceAll(`${arena.root}/`, "").trimEnd());
    say(`# exit code ${code}`);
  };
  try {
    await stage.ask("main", "ok");
    say("# a message to main: answered");
    await stage.begin("main", "hang");
    say("# another one: the model hangs");
    await stage.restart();
    say("# SIGUSR1: the gateway restarts in the same process");
    const waiting = await stage.say("main", "ok");
    const cameBack = await stage.until(() => stage.isOver(waiting), 5);
    say(`# one more message to main: ${cameBack ? "answered" : "no answer"}`);

    await tool("doctor", join(arena.root, "gateway.jsonl"));
    await tool("reset", "main", "--yes");

    say("");
    const isAnswered = await arena.answers("main");
    say(`# the next message to main: ${isAnswered ? "answered" : "no answer"}`);
    const wasEnded = arena.wasEnded("hang-1");
    say(`# the model server ${wasEnded ? "saw the gateway give the hanging call up" : "still has the hanging call"}`);
    return isAnswered && wasEnded && !cameBack ? 0 : 1;
  } finally {
    await arena.close();
  }
}

demo().then(
  // Sockets and timers of the gateway would keep us here.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
