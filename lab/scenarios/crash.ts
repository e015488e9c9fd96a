/** A crash and an ordered stop, each with a hanging run that they cut. */
import type { Scenario } from "../scenario.ts";

export const crash: Scenario = {
  name: "crash",
  about: "a hang cut by SIGKILL, later one cut by SIGTERM, a new process after each; nothing is blocked at the end",
  appliesTo: () => true,
  debug: true,
  consoleStyle: "json",
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    await stage.say("room-b", "ok");
    await stage.begin("room-c", "slow", 120);
    await stage.crash();
    await stage.start();
    await stage.ask("room-a", "ok");
    if (!stage.version.recovers) await stage.ask("room-b", "ok");
    await stage.begin("room-d", "hang");
    await stage.stop();
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-e", "hang");
    await stage.pingAll();
  },
};
