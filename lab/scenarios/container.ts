/** As in a container: every process of the gateway has the same small pid. */
import type { Scenario } from "../scenario.ts";

export const container: Scenario = {
  name: "container",
  about:
    "the same pid all the time: a hang across a restart, a crash, a new process with the same pid, a hang across another restart",
  appliesTo: () => true,
  debug: true,
  consoleStyle: "compact",
  container: true,
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    await stage.crash();
    await stage.start();
    if (!stage.version.recovers) await stage.ask("room-b", "ok");
    await stage.begin("room-c", "hang");
    await stage.begin("room-d", "slow", stage.restartKeepsRuns ? stage.version.restart.waitsSeconds + 20 : 20);
    await stage.restart();
    await stage.ask("room-a", "ok");
    await stage.until(() => stage.isOver("slow-1"), 30);
    await stage.begin("room-e", "hang");
    // Up to 2.26 the dead process's lock keeps room-b: its pid is the living one's too. That error takes 20 s.
    await stage.pingAll(30);
  },
};
