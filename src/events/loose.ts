/** What people write in a timeline by hand, beside the gateway's own words. */
import type { EventBody } from "./index.ts";

interface Loose {
  readonly pattern: RegExp;
  /** Must stand somewhere behind it. In one pattern with `.*` between them a long line would take the square of its length. */
  readonly behind?: RegExp;
  readonly event: EventBody;
}

const LOOSE: readonly Loose[] = [
  {
    pattern: /\bSIGUSR[12]\b/i,
    behind: /\brestart/i,
    event: { kind: "shutdown-begun", signal: "SIGUSR1", restart: true },
  },
  {
    pattern: /\bSIGTERM\b/i,
    behind: /\b(?:shut|stop)/i,
    event: { kind: "shutdown-begun", signal: "SIGTERM", restart: false },
  },
  { pattern: /^AbortError\b/, event: { kind: "abort-error" } },
  {
    pattern: /^gateway (?:is )?(?:back|up|ready|listening|started|restarted)\b/i,
    event: { kind: "gateway-ready" },
  },
];

/** The event that a hand-written line tells. */
export function looseEvent(message: string): EventBody | undefined {
  return LOOSE.find((it) => tells(message, it))?.event;
}

function tells(message: string, { pattern, behind }: Loose): boolean {
  const found = pattern.exec(message);
  if (found === null || behind === undefined) return found !== null;
  return behind.test(message.slice(found.index + found[0].length));
}
