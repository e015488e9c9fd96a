/** All trials: a new one is a new file and a line here. */
import type { Trial } from "../trial.ts";
import { chaosTrial } from "./chaos.ts";
import { hangTrial, recoveryTrial, restartTrial } from "./harmless.ts";
import { defaultLevelTrial, disabledTrial, lanesTrial, wedgeTrial } from "./wedge.ts";

export const TRIALS: readonly Trial[] = [
  wedgeTrial,
  disabledTrial,
  lanesTrial,
  defaultLevelTrial,
  chaosTrial,
  hangTrial,
  restartTrial,
  recoveryTrial,
];
