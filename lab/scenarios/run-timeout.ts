/** The gateway's own limit ends a run that hangs; no restart, nothing stays blocked. */
import type { Scenario } from "../scenario.ts";

export const runTimeout: Scenario = {
  name: "run-timeout",
  about: "a run that hangs is ended by the gateway's run timeout, set to 15 s; a second one hangs when the log ends",
  appliesTo: () => true,
  debug: true,
  consoleStyle: "pretty",
  agentDefaults: { timeoutSeconds: 15 },
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    await stage.begin("room-b", "hang");
    await stage.say("room-b", "ok");
    await stage.begin("room-c", "hang");
    await stage.until(() => stage.model.streamsOf("hang-2").some((stream) => stream.end !== undefined), 25);
    await stage.ask("room-b", "ok");
    await stage.ask("room-c", "ok");
    await stage.begin("room-d", "hang");
    await stage.pingAll(8);
  },
};
