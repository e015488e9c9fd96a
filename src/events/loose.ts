/** What people write in a timeline by hand, beside the gateway's own words. */
import type { EventBody } from "./index.ts";

const LOOSE: readonly { readonly pattern: RegExp; readonly event: EventBody }[] = [
  {
    pattern: /\bSIGUSR([12])\b.*\brestart/i,
    event: { kind: "shutdown-begun", signal: "SIGUSR1", restart: true },
  },
  {
    pattern: /\bSIGTERM\b.*\b(?:shut|stop)/i,
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
  return LOOSE.find((it) => it.pattern.test(message))?.event;
}
