import type { TimeZone } from "../../wall-clock.ts";
import type { WatchEvent } from "../events.ts";

export interface WatchRenderOptions {
  /** The zone that times are shown in. */
  readonly timeZone: TimeZone;
  /** 0: no colours, 1: colours. */
  readonly colorLevel: 0 | 1;
}

/** A form in which `watch` tells its events: one line each, with its line feed. */
export interface WatchFormat {
  readonly name: string;
  /** For the help, in a few words. */
  readonly description: string;
  /** Pure. Every text of the log is escaped here. */
  render(event: WatchEvent, options: WatchRenderOptions): string;
}
