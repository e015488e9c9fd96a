/** The registry of checks, in the order in which their findings are told. A new check is a file and a line here. */
import type { Check } from "./check.ts";
import { lanesExhausted } from "./lanes-exhausted.ts";
import { logGap } from "./log-gap.ts";
import { logInconclusive } from "./log-inconclusive.ts";
import { runLost } from "./run-lost.ts";
import { runOrphaned } from "./run-orphaned.ts";
import { runStalled } from "./run-stalled.ts";
import { sessionBlocked } from "./session-blocked.ts";

export const CHECKS: readonly Check[] = [
  lanesExhausted,
  sessionBlocked,
  runOrphaned,
  runStalled,
  runLost,
  logGap,
  logInconclusive,
];
