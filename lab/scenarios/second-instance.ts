/** Somebody starts the gateway once more: it finds the port taken and leaves, and its lines stand in the same logs. */
import type { Scenario } from "../scenario.ts";

export const secondInstance: Scenario = {
  name: "second-instance",
  about: "beside a gateway with a hanging run a second instance is started, finds the port taken and leaves",
  appliesTo: () => true,
  debug: true,
  consoleStyle: "compact",
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    if (stage.restartKeepsRuns) await stage.restart();
    await stage.begin("room-c", "hang");
    await stage.gateway.startSecondInstance();
    await stage.ask("room-a", "ok");
    await stage.pingAll();
  },
};
