/**
 * Every way a run can go, with a restart in the middle: answered, refused,
 * failed over, aborted, slow across the restart, hanging across it.
 */
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

async function playRestartMix(stage: Stage): Promise<void> {
  await stage.start();
  await stage.ask("room-a", "ok");
  await stage.ask("room-b", "error");
  await stage.ask("room-c", "failover");
  const aborted = await stage.begin("room-d", "hang");
  await stage.abort("room-d", aborted);
  await stage.ask("room-d", "ok");

  // Long enough to cross the restart where the gateway lets it.
  await stage.begin("room-e", "slow", stage.restartKeepsRuns ? stage.version.restart.waitsSeconds + 20 : 20);
  // One that hangs in its second turn, and one in its first, which leaves no transcript yet.
  await stage.ask("room-f", "ok");
  await stage.begin("room-f", "hang");
  await stage.begin("room-g", "hang");
  await stage.restart();

  await stage.ask("room-a", "ok");
  await stage.ask("room-h", "ok");
  await stage.say("room-g", "ok");
  await stage.until(() => stage.isOver("slow-1"), 30);
  await stage.ask("room-e", "ok");
  await stage.begin("room-i", "hang");
  await stage.pingAll();
}

const restartMix = {
  about: "answered, refused, failed over, aborted, slow and hanging runs, with a restart in the middle",
  debug: true,
  play: playRestartMix,
} as const;

export const restartMixScenario: Scenario = {
  ...restartMix,
  name: "restart-mix",
  appliesTo: () => true,
  consoleStyle: "compact",
  keepState: true,
};

export const restartMixNoRespawn: Scenario = {
  ...restartMix,
  name: "restart-mix-no-respawn",
  about: `${restartMix.about}; the gateway is told to stay in its process`,
  appliesTo: (version) => version.noRespawn,
  consoleStyle: "pretty",
  noRespawn: true,
  keepState: true,
};

export const infoLevel: Scenario = {
  ...restartMix,
  name: "info-level",
  about: `${restartMix.about}, at the default log level`,
  appliesTo: () => true,
  debug: false,
  consoleStyle: "pretty",
  keepState: true,
};

export const infoLevelNoRespawn: Scenario = {
  ...infoLevel,
  name: "info-level-no-respawn",
  appliesTo: (version) => version.noRespawn,
  noRespawn: true,
};
