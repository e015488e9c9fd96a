/** The issue's own story: an agent restarts its gateway with the tool `gateway`, and hangs. */
import type { Scenario } from "../scenario.ts";

export const restartByAgent: Scenario = {
  name: "restart-by-agent",
  about:
    "an agent's tool call restarts its own gateway in the middle of its turn, and its next request to the model hangs",
  appliesTo: (version) => version.restartsInto === "same-process" && !version.abortsAtRestart,
  debug: true,
  consoleStyle: "compact",
  keepState: true,
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.ask("room-b", "ok");
    await stage.restartDuring(() => stage.begin("room-b", "restart"));
    await stage.ask("room-a", "ok");
    await stage.say("room-b", "ok");
    await stage.pingAll();
  },
};
