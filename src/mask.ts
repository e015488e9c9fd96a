/**
 * What leaves this program: the report, an event, a line of text, without the
 * secrets in it and, with `--redact`, without whom and what it is about. Done
 * once, on the data, before any reporter sees it, and before it is escaped.
 */
import { mapTexts } from "./mask-texts.ts";
import type { Report } from "./model.ts";
import { Redactor } from "./redact.ts";
import { isSecretName, maskSecrets } from "./secrets.ts";

/** So many secrets are told apart; a log that holds more is no log. */
const TOLD_APART = 10_000;

/**
 * Gives every secret a number, in the order of their appearance: two that differ
 * stay apart, the same is the same everywhere in one output, and nothing of a
 * secret, not even its hash, is in its mask. A hash of a short password would
 * give it away.
 */
export class Masker {
  readonly #numbers = new Map<string, number>();
  readonly #redactor: Redactor | undefined;

  /** @param redact also persons, numbers, addresses, paths and chat texts */
  constructor(redact = false) {
    this.#redactor = redact ? new Redactor() : undefined;
  }

  get redacts(): boolean {
    return this.#redactor !== undefined;
  }

  /** Session keys that texts may name, before the first of them is shown. */
  learn(keys: Iterable<string>): void {
    this.#redactor?.learn(keys);
  }

  /** A line or more of text, not escaped yet. */
  text(text: string): string {
    const masked = this.#secrets(text);
    return this.#redactor ? this.#redactor.text(masked) : masked;
  }

  /** Plain data: every text in it. The very same object where nothing is to be masked. */
  value<T>(value: T): T {
    const masked = mapTexts(value, (text) => this.#secrets(text)) as T;
    return this.#redactor ? this.#redactor.value(masked) : masked;
  }

  report<T extends Omit<Report, "ok">>(report: T): T {
    const said = Object.entries(report.labels);
    const labels = Object.fromEntries(
      said.map(([name, value]) => [name, isSecretName(name) ? this.#mask(value) : value]),
    );
    const masked = this.value({ ...report, labels: {} });
    if (!this.#redactor) return { ...masked, labels: this.value(labels) };
    const named = Object.entries(labels).map(([name, value]) => [name, this.#redactor?.label(value) ?? ""]);
    return { ...masked, labels: Object.fromEntries(named) as Report["labels"], redacted: true };
  }

  #secrets(text: string): string {
    return maskSecrets(text, (secret) => this.#mask(secret));
  }

  #mask(secret: string): string {
    let number = this.#numbers.get(secret);
    if (number === undefined) {
      number = Math.min(this.#numbers.size, TOLD_APART) + 1;
      if (number <= TOLD_APART) this.#numbers.set(secret, number);
    }
    return `[secret-${number}]`;
  }
}
