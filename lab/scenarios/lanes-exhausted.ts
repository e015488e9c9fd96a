/** All four places of the main lane taken, so that sessions wait which are not to blame. */
import type { Scenario } from "../scenario.ts";
import type { GatewayVersion } from "../versions.ts";

/** Later gateways abort what they do not wait for, so that nothing is left to fill the lane. */
const keepsRuns = (version: GatewayVersion): boolean => !version.abortsAtRestart;

export const lanesExhausted: Scenario = {
  name: "lanes-exhausted",
  about:
    "four hangs orphaned by a restart in the same process: every session waits (2.26 empties the lane: only their own do)",
  appliesTo: keepsRuns,
  debug: true,
  consoleStyle: "compact",
  noRespawn: true,
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    for (const room of ["room-b", "room-c", "room-d", "room-e"]) await stage.begin(room, "hang");
    await stage.restart();
    await stage.say("room-a", "ok");
    await stage.say("room-f", "ok");
    await stage.say("room-b", "ok");
    await stage.pingAll();
  },
};

export const lanesMixed: Scenario = {
  name: "lanes-mixed",
  about: "two orphans and two slow runs that live fill the main lane: everything waits",
  appliesTo: keepsRuns,
  debug: true,
  consoleStyle: "compact",
  noRespawn: true,
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    await stage.begin("room-c", "hang");
    await stage.restart();
    await stage.ask("room-a", "ok");
    await stage.begin("room-d", "slow", 90);
    await stage.begin("room-e", "slow", 120);
    await stage.say("room-f", "ok");
    await stage.pingAll();
  },
};
