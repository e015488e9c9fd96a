/**
 * What goes wrong on the user's side: printed as `error: …` with an optional
 * second line that says what would be right. Never with a stack, exit code 2.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly help: string | undefined;

  /**
   * @param message what was found, in one line and without a full stop
   * @param help what would be right; may have several lines
   */
  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}

/** Ctrl-C: not an error of anybody. Ends in exit code 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("interrupted");
  }
}

/** The reader of our output went away (`| head`). Nothing to tell anybody, but an exit code is still heard. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
  constructor() {
    super("the reader of the output went away");
  }
}

/** Writes, unless the reader has gone: what is true does not depend on who listens. @returns whether it is there still */
export async function unlessGone(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof BrokenPipe) return false;
    throw error;
  }
}

/**
 * The candidate that a mistyped word most likely meant, or undefined if none is
 * near: at most two edits, or a third of the word's length, away.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
