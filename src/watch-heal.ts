/** `watch --heal`: the repair of `reset`, begun without a person and so within limits. */
import { Interrupted, UserError } from "./errors.ts";
import { asUserError } from "./gateway/connect.ts";
import type { RawGatewayOptions } from "./gateway/options.ts";
import type { Io } from "./io.ts";
import type { JournalEntry } from "./repair/journal.ts";
import type { ResetReport, ResetResult } from "./repair/model.ts";
import type { Reached } from "./repair/survey.ts";
import { runReset, type ResetWorld } from "./reset.ts";
import { nodeFs } from "./sources/fs.ts";
import { readGatewayLog } from "./sources/gateway-log.ts";
import { canonicalKey } from "./tracker/session-index.ts";
import { spanText } from "./words.ts";
import type { HealEvent } from "./watch/events.ts";
import { mayHeal, recentActs, type HealAct, type HealCandidate, type HealSettings } from "./watch/heal-limits.ts";

export interface HealerOptions extends HealSettings {
  readonly dryRun: boolean;
  readonly gateway: RawGatewayOptions;
  readonly runTimeoutMs: number | null;
  readonly stallAfterMs: number | null;
}

/** With this every reason in the journal begins, so that acts are counted over restarts of `watch`. */
const REASON = "watch --heal: ";

/** The gateway that answers is not, or not surely, the one whose log is followed. */
class NotWatched extends UserError {}

export class Healer {
  readonly #options: HealerOptions;
  readonly #io: Io;
  readonly #world: ResetWorld;
  /** The files that are followed of a candidate's gateway; undefined: the log comes from the gateway itself. */
  readonly #pathsOf: ((stream: string) => Promise<readonly string[]>) | undefined;
  /** Attempts that sent nothing. */
  #acts: readonly HealAct[] = [];

  constructor(
    options: HealerOptions,
    io: Io,
    world: ResetWorld,
    pathsOf: ((stream: string) => Promise<readonly string[]>) | undefined,
  ) {
    this.#options = options;
    this.#io = io;
    this.#world = world;
    this.#pathsOf = pathsOf;
  }

  /**
   * The first session that may be repaired now.
   * @param now by the clock that the candidates' times are of
   */
  choose(candidates: readonly HealCandidate[], now: number): HealCandidate | undefined {
    this.#acts = recentActs(this.#acts, this.#options, now);
    const may = (acts: readonly HealAct[]) =>
      candidates.find((it) => mayHeal(it, this.#nameOf(it.sessionKey), acts, this.#options, now).act);
    // The journal is read only where there may be something to do.
    const first = may(this.#acts);
    if (!first) return undefined;
    try {
      return may([...this.#acts, ...journalActs(this.#world.store(this.#io).read())]);
    } catch (error) {
      // The repair will say so, and send nothing.
      if (error instanceof UserError) return first;
      throw error;
    }
  }

  /** Never throws for what the gateway does. */
  async heal(candidate: HealCandidate, now: number): Promise<HealEvent> {
    const result = await this.#reset(candidate, now).catch((error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    });
    this.#note(candidate, result, now);
    const { gateway, sessionKey, aliases, runId } = candidate;
    const common = { event: "heal" as const, time: this.#io.now(), gateway, sessionKey, aliases, runId };
    if (result instanceof UserError) {
      const outcome = result instanceof NotWatched ? "refused" : "failed";
      return { ...common, outcome, detail: `nothing was sent: ${result.message}`, steps: [], next: null };
    }
    const steps = result.steps.map(({ action, ok, detail }) => ({ action, ok, detail }));
    return { ...common, outcome: result.outcome, detail: detailOf(result), steps, next: result.next ?? null };
  }

  /** What was sent is in the journal, and counted from there. */
  #note({ sessionKey }: HealCandidate, result: ResetResult | UserError, now: number): void {
    if (!(result instanceof UserError) && wasSent(result)) return;
    // A dry run counts as if it had been sent, so that it says when it would act, and how often.
    const sent = this.#options.dryRun && !(result instanceof UserError) && result.outcome === "planned";
    this.#acts = [...this.#acts, { session: this.#nameOf(sessionKey), at: now, sent }];
  }

  /** As the journal has it. */
  #nameOf(sessionKey: string): string {
    return this.#world.store(this.#io).nameOf(canonicalKey(sessionKey));
  }

  async #reset(candidate: HealCandidate, now: number): Promise<ResetResult> {
    const { dryRun, gateway, runTimeoutMs, stallAfterMs } = this.#options;
    let out = "";
    const silent = { isTTY: false, columns: undefined };
    const io: Io = {
      ...this.#io,
      ask: null,
      stdout: { ...silent, write: async (text) => void (out += text) },
      stderr: { ...silent, write: async () => {} },
    };
    const world: ResetWorld = {
      ...this.#world,
      connect: async (raw, itsIo) => {
        const reached = await this.#world.connect(raw, itsIo);
        await this.#assertFollowed(reached, candidate).catch(async (error: unknown) => {
          await reached.gateway.close().catch(() => {});
          throw asUserError(error);
        });
        return reached;
      },
    };
    const repaired = runReset(
      {
        // By the run: a gateway that does not know it is not the one, and is left alone.
        runs: candidate.runId === null ? [] : [candidate.runId],
        ids: [],
        allBlocked: false,
        onlySure: true,
        logs: [],
        state: true,
        stateDir: null,
        dryRun,
        yes: true,
        force: false,
        newSession: false,
        probe: null,
        reason: `${REASON}blocked for ${spanText(now - candidate.blockedSince)} while it was watched, high confidence`,
        json: true,
        // `watch` hides what is to be hidden, so that a name is the same in all its lines.
        redact: false,
        gateway,
        timeoutMs: null,
        verifyMs: null,
        runTimeoutMs,
        stallAfterMs,
      },
      io,
      world,
    );
    await repaired.catch((error: unknown) => {
      // What became of it is told all the same.
      if (!(error instanceof Interrupted) || out === "") throw error;
    });
    const [result] = (JSON.parse(out) as ResetReport).results;
    if (!result) throw new Error("a repair without a result");
    return result;
  }

  /** @throws UserError if the gateway that answers does not write the log that is followed */
  async #assertFollowed({ gateway, isLocal }: Reached, { stream }: HealCandidate): Promise<void> {
    if (!this.#pathsOf) return;
    const log = await readGatewayLog(gateway, isLocal ? nodeFs : undefined);
    if (!log.isOnThisMachine) {
      throw new NotWatched(`the gateway at ${gateway.url} does not write the log that is watched`);
    }
    const real = await nodeFs.real(log.file).catch(() => log.file);
    if ((await this.#pathsOf(stream)).includes(real)) return;
    throw new NotWatched(`the gateway at ${gateway.url} writes ${log.file}, which is not watched`);
  }
}

/** Steps that only look, or that tell of an earlier call or of our own journal. */
const LOOKING: ReadonlySet<string> = new Set(["look", "resume", "verify", "plan", "probe", "journal"]);

function wasSent({ steps }: ResetResult): boolean {
  return steps.some(({ action }) => !LOOKING.has(action));
}

function detailOf({ outcome, evidence, steps }: ResetResult): string {
  const [proof] = evidence;
  const done = steps.filter(({ action }) => !LOOKING.has(action)).map(({ action }) => action);
  if (outcome === "restored" && proof) return `${done.join(", ")}; proof: ${proof.text}`;
  const plan = steps.find(({ action }) => action === "plan");
  const last = plan ?? steps.at(-1);
  return last?.detail ?? "nothing was sent";
}

/** What earlier calls of `watch --heal` sent, by the journal. */
export function journalActs(entries: readonly JournalEntry[]): readonly HealAct[] {
  const mine = new Set(entries.filter((it) => it.reason?.startsWith(REASON)).map((it) => it.repair));
  const acts = new Map<string, HealAct>();
  for (const { repair, event, session, time } of entries) {
    // One repair is one act, however many steps it took.
    if (event === "send" && mine.has(repair)) acts.set(repair, { session, at: Date.parse(time), sent: true });
  }
  return [...acts.values()];
}
