/** More cut turns than the gateway recovers at once, all of which hang again. */
import type { Scenario } from "../scenario.ts";

export const heldBack: Scenario = {
  name: "held-back",
  about: "four to six hangs cut by a restart; a few recoveries hang, the sessions behind them are held back",
  appliesTo: (version) => version.recovers,
  debug: true,
  consoleStyle: "compact",
  keepState: true,
  async play(stage) {
    await stage.start();
    await stage.ask("room-a", "ok");
    const rooms = ["room-b", "room-c", "room-d", "room-e", "room-f", "room-g"];
    for (const room of rooms.slice(0, stage.version.mainLane)) await stage.begin(room, "hang");
    await stage.restart();
    await stage.until(() => stage.model.streams.filter((stream) => stream.continued).length >= 3, 30);
    await stage.ask("room-a", "ok");
    await stage.pingAll();
  },
};
