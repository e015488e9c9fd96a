/** All scenarios: a new one is a new file and a line here. */
import type { Scenario } from "../scenario.ts";
import { container } from "./container.ts";
import { crash } from "./crash.ts";
import { heldBack } from "./held-back.ts";
import { lanesExhausted, lanesMixed } from "./lanes-exhausted.ts";
import { restartByAgent } from "./restart-by-agent.ts";
import { infoLevel, infoLevelNoRespawn, restartMixNoRespawn, restartMixScenario } from "./restart-mix.ts";
import { secondInstance } from "./second-instance.ts";
import { runTimeout } from "./run-timeout.ts";

export const SCENARIOS: readonly Scenario[] = [
  restartMixScenario,
  restartMixNoRespawn,
  crash,
  lanesExhausted,
  lanesMixed,
  heldBack,
  container,
  restartByAgent,
  runTimeout,
  secondInstance,
  infoLevel,
  infoLevelNoRespawn,
];
