/** What `reset` tells on its way and at its end, with what is to be hidden hidden. */
import { BrokenPipe, UserError } from "./errors.ts";
import { escapeTerminal, quoteShell } from "./escape.ts";
import { EXIT, resetExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { Masker } from "./mask.ts";
import type { Plan, ResetReport, ResetResult, StepReport } from "./repair/model.ts";
import { gatewayText, planLines, renderJson, resultLines, stepLine } from "./repair/render.ts";
import type { ResetOptions } from "./reset-options.ts";

export interface GatewayShown {
  readonly url: string;
  /** With the product's name; null where nobody knows. */
  readonly version: string | null;
}

export class ResetOutput {
  readonly #options: Pick<ResetOptions, "json" | "yes">;
  readonly #io: Pick<Io, "stdout" | "stderr" | "ask" | "now">;
  readonly #masker: Masker;
  #isUnderWay = false;
  /** Why nothing more can be written. */
  #mute: BrokenPipe | UserError | undefined;

  constructor(
    options: Pick<ResetOptions, "json" | "yes" | "redact">,
    io: Pick<Io, "stdout" | "stderr" | "ask" | "now">,
  ) {
    this.#options = options;
    this.#io = io;
    this.#masker = new Masker(options.redact);
  }

  /** @param keys of all sessions that may be spoken of */
  learn(keys: readonly string[]): void {
    this.#masker.learn(keys);
  }

  /**
   * From now on something may have been sent, and what becomes of it is seen to the end: an output that cannot be
   * written is no error any more that stops it.
   */
  nowUnderWay(): void {
    this.#isUnderWay = true;
  }

  async gateway({ url, version }: GatewayShown): Promise<void> {
    await this.#say(gatewayText(this.#masker.text(url), version));
  }

  async plan(plan: Plan, withProbe: boolean): Promise<void> {
    await this.#say(planLines(this.#masker.value(plan), this.#io.now(), withProbe));
  }

  async step(step: StepReport): Promise<void> {
    await this.#say(stepLine(this.#masker.value(step)));
  }

  async nothingBlocked(): Promise<void> {
    await this.#say("No session is blocked.\n");
  }

  /** @returns the exit code */
  async report({ url, version }: GatewayShown, results: readonly ResetResult[]): Promise<number> {
    const exitCode = resetExitCode(results.map(({ outcome }) => outcome));
    const report: ResetReport = {
      schemaVersion: 1,
      ok: exitCode === EXIT.ok,
      ...(this.#masker.redacts ? { redacted: true as const } : {}),
      gateway: { url: this.#masker.text(url), ...(version === null ? {} : { version }) },
      results: results.map((it) => this.#shown(it)),
    };
    if (this.#options.json) await this.#write(renderJson(report));
    else for (const result of report.results) await this.#write(resultLines(result));
    if (!(this.#mute instanceof UserError)) return exitCode;
    // Not a usage error any more, nor good news that nobody could read.
    await this.#io.stderr.write(`error: ${escapeTerminal(this.#mute.message)}\n`).catch(() => {});
    return exitCode === EXIT.ok ? EXIT.findings : exitCode;
  }

  /** A command with a hidden name in it frees nothing, so it says so. */
  #shown(result: ResetResult): ResetResult {
    // In a command a key is quoted for the shell, and would not be known again.
    const next = result.next?.replaceAll(quoteShell(result.sessionKey ?? result.id), result.sessionKey ?? result.id);
    const shown = this.#masker.value(result);
    if (result.next === undefined || next === undefined) return shown;
    const masked = this.#masker.text(next);
    if (masked === next) return shown;
    return { ...shown, next: masked, nextNote: [shown.nextNote, HIDDEN_NAME].filter(Boolean).join("; ") };
  }

  /** What a person is told on the way; with --json it is chatter, and only a person who is asked needs it. */
  async #say(text: string): Promise<void> {
    if (!this.#options.json) await this.#write(text);
    else if (!this.#options.yes && this.#io.ask) await this.#write(text, this.#io.stderr);
  }

  async #write(text: string, output = this.#io.stdout): Promise<void> {
    if (this.#mute && output === this.#io.stdout) return;
    try {
      await output.write(text);
    } catch (error) {
      const isGone = error instanceof BrokenPipe;
      if (!isGone && !(error instanceof UserError && this.#isUnderWay)) throw error;
      // Chatter that nobody hears is no reason to keep the report back.
      if (output === this.#io.stdout) this.#mute = error;
    }
  }
}

const HIDDEN_NAME = "a name in it is hidden here: put the real one in its place";
