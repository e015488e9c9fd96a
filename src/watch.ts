/** `watch`: follows, tells, runs commands, and frees if it may. The order of things; each thing itself is elsewhere. */
import { setTimeout as delay } from "node:timers/promises";

import { escapeGithubLine } from "./escape.ts";
import { EXIT } from "./exit-code.ts";
import { asUserError } from "./gateway/connect.ts";
import type { Io } from "./io.ts";
import { Masker } from "./mask.ts";
import { NODE_WORLD, type ResetWorld } from "./reset.ts";
import type { FollowNotice } from "./sources/follow/follower.ts";
import { type WatchEvent, subjectOf } from "./watch/events.ts";
import { ExecQueue } from "./watch/exec-queue.ts";
import { eventJson } from "./watch/formats/ndjson.ts";
import { Watcher } from "./watch/watcher.ts";
import { type CommandRunner, shellCommand } from "./watch-exec.ts";
import { Healer } from "./watch-heal.ts";
import type { WatchOptions } from "./watch-options.ts";
import { chooseFollower, type Followed } from "./watch-source.ts";

/** What of the world `watch` touches beside the Io; tests pass their own. */
export interface WatchWorld {
  readonly reset: ResetWorld;
  /** Waits, or less long where `signal` is aborted meanwhile. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Hears of SIGTERM. @returns stops hearing */
  onTerminate(hear: () => void): () => void;
  /** Stops reading standard input, which would keep the process. */
  releaseInput(): void;
  command(command: string, timeoutMs: number, io: Io): CommandRunner;
}

/** The real one. */
export const NODE_WATCH_WORLD: WatchWorld = {
  reset: NODE_WORLD,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  onTerminate(hear) {
    process.once("SIGTERM", hear);
    return () => process.off("SIGTERM", hear);
  },
  releaseInput: () => void process.stdin.destroy(),
  command: (command, timeoutMs, io) => shellCommand(command, timeoutMs, io.env, io.cwd),
};

/** A run stalls by time alone, so that time is looked at also where no line comes (ms). */
const TICK_MS = 1_000;

/**
 * @returns the exit code
 * @throws UserError where there is nothing that could ever be followed
 */
export async function runWatch(options: WatchOptions, io: Io, world: WatchWorld = NODE_WATCH_WORLD): Promise<number> {
  const followed = await chooseFollower(options, io, world.reset);
  const watch = new Watch(options, io, world, followed);
  try {
    return await watch.run();
  } finally {
    await followed.follower.close();
    if (options.logs.includes("-")) world.releaseInput();
  }
}

class Watch {
  readonly #options: WatchOptions;
  readonly #io: Io;
  readonly #world: WatchWorld;
  readonly #followed: Followed;
  readonly #masker: Masker;
  readonly #stop = new AbortController();
  readonly #commands: CommandRunner | undefined;
  readonly #queue: ExecQueue | undefined;
  readonly #healer: Healer | undefined;
  /** The repair that goes on now. What the log says of its session is told after it. */
  #healing: { readonly session: string; readonly done: Promise<void> } | undefined;
  #held: WatchEvent[] = [];
  /** What was told of a session's repair last; said again it would be no news. */
  readonly #toldOfHeal = new Map<string, string>();

  constructor(options: WatchOptions, io: Io, world: WatchWorld, followed: Followed) {
    this.#options = options;
    this.#io = io;
    this.#world = world;
    this.#followed = followed;
    this.#masker = new Masker(options.redact);
    const { exec, heal, gateway, stallAfterMs } = options;
    if (exec) {
      const commands = world.command(exec.command, exec.timeoutMs, io);
      this.#commands = commands;
      this.#queue = new ExecQueue(
        async ({ input }) => await this.#complain(await commands.run(input)),
        () => void this.#complain("is too slow, an event was left out"),
      );
    }
    if (heal) {
      const runTimeoutMs = options.runTimeoutMs ?? followed.runTimeoutMs;
      this.#healer = new Healer({ ...heal, gateway, runTimeoutMs, stallAfterMs }, io, world.reset, followed.pathsOf);
    }
  }

  async run(): Promise<number> {
    const stopHearing = this.#world.onTerminate(() => this.#stop.abort());
    const endCommands = (): void => {
      this.#queue?.clear();
      this.#commands?.endAll();
    };
    this.#io.signal.addEventListener("abort", endCommands);
    try {
      await this.#follow();
      await this.#healing?.done;
      if (this.#stop.signal.aborted) endCommands();
      else await this.#queue?.drained();
      return EXIT.ok;
    } finally {
      // Also where nobody reads on: a step that was sent is looked after to its end.
      await this.#healing?.done.catch(() => {});
      stopHearing();
      this.#io.signal.removeEventListener("abort", endCommands);
    }
  }

  async #follow(): Promise<void> {
    const { follower } = this.#followed;
    const { forMs, afterMs, minConfidence, stallAfterMs } = this.#options;
    const until = forMs === null ? Number.POSITIVE_INFINITY : this.#io.now() + forMs;
    await follower.open().catch((error: unknown) => {
      throw asUserError(error);
    });
    const watcher = new Watcher(
      {
        runTimeoutMs: this.#options.runTimeoutMs ?? this.#followed.runTimeoutMs,
        stallAfterMs,
        afterMs,
        minConfidence,
      },
      follower.severalSources,
      (source, other) => follower.areOfOneForm(source, other),
    );
    for await (const records of follower.history()) {
      this.#io.signal.throwIfAborted();
      if (this.#stop.signal.aborted) return;
      for (const record of records) watcher.push(record);
    }
    if (follower.sources().length === 0) await this.#sayWaiting();
    for (const event of watcher.start(this.#now(), follower.sources())) await this.#tell(event);
    let ticked = this.#now();
    const isOver = (): boolean => this.#stop.signal.aborted || this.#io.now() >= until;
    while (!isOver()) {
      this.#io.signal.throwIfAborted();
      const { records, more, ended, notices } = await follower.poll();
      for (const notice of notices) await this.#notice(notice);
      for (const record of records) watcher.push(record);
      // What is behind the clock would look silent: a run's end may be in what is not read yet.
      if (more) continue;
      const now = this.#now();
      if (records.length > 0 || now - ticked >= TICK_MS || ended) {
        ticked = now;
        for (const event of watcher.tick(now, follower.sources())) await this.#tell(event);
        this.#heal(watcher, now);
      }
      if (ended) return;
      await this.#world.sleep(follower.pauseMs, this.#anySignal);
    }
  }

  get #anySignal(): AbortSignal {
    return (this.#signal ??= AbortSignal.any([this.#io.signal, this.#stop.signal]));
  }
  #signal: AbortSignal | undefined;

  #now(): number {
    return this.#io.now() + this.#followed.follower.skewMs;
  }

  /** Begins a repair if one is due; the log is followed meanwhile. */
  #heal(watcher: Watcher, now: number): void {
    const candidates = watcher.candidates();
    const blocked = new Set(candidates.map(({ sessionKey }) => sessionKey));
    for (const key of this.#toldOfHeal.keys()) if (!blocked.has(key)) this.#toldOfHeal.delete(key);
    if (!this.#healer || this.#healing) return;
    const candidate = this.#healer.choose(candidates, now);
    if (!candidate) return;
    const healer = this.#healer;
    const work = async (): Promise<void> => {
      const event = await healer.heal(candidate, now);
      const said = `${event.outcome} ${event.detail}`;
      if (this.#toldOfHeal.get(event.sessionKey) !== said) await this.#tell(event);
      this.#toldOfHeal.set(event.sessionKey, said);
      this.#healing = undefined;
      const held = this.#held;
      this.#held = [];
      for (const it of held) await this.#tell(it);
    };
    const done = work();
    // A bug: it ends the watch, and `run`, which waits for it, hears of it.
    done.catch(() => this.#stop.abort());
    this.#healing = { session: candidate.sessionKey, done };
    this.#io.hold(done);
  }

  async #tell(event: WatchEvent): Promise<void> {
    if (
      this.#healing &&
      event.event !== "heal" &&
      "sessionKey" in event &&
      event.sessionKey === this.#healing.session
    ) {
      this.#held.push(event);
      return;
    }
    const shown = this.#masker.value(event);
    await this.#io.stdout.write(this.#options.format.render(shown, this.#options.render));
    // After Ctrl-C no command is begun any more.
    if (event.event !== "state" && !this.#io.signal.aborted)
      this.#queue?.push({ subject: subjectOf(event), input: `${eventJson(shown)}\n` });
  }

  async #notice({ kind, text }: FollowNotice): Promise<void> {
    switch (kind) {
      case "found":
      case "unreadable":
        return await this.#chat(text);
      default:
        return await this.#tell({ event: kind, time: this.#now(), gateway: null, detail: text });
    }
  }

  async #sayWaiting(): Promise<void> {
    await this.#chat(`no gateway log here yet, waiting for one; looked at: ${this.#followed.looked.join(", ")}`);
  }

  async #complain(problem: string | undefined): Promise<void> {
    if (problem !== undefined) await this.#chat(`warning: the command of --exec ${problem}`);
  }

  async #chat(text: string): Promise<void> {
    // Nobody may hear it; that is no reason to stop.
    await this.#io.stderr.write(`${escapeGithubLine(this.#masker.text(text))}\n`).catch(() => {});
  }
}
