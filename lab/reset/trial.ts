/** A trial: a situation made on a real gateway, and what the repair must do about it. */
import type { GatewayVersion } from "../versions.ts";
import type { Arena, ArenaOptions } from "./arena.ts";

export interface Check {
  /** Throws with the text where the fact is not so. */
  (fact: boolean, text: string): void;
}

/** What docs/compatibility.md says of a trial. */
export interface Row {
  readonly doctor: string;
  readonly freedBy: string;
}

export interface Trial extends ArenaOptions {
  readonly name: string;
  readonly about: string;
  readonly appliesTo: (version: GatewayVersion) => boolean;
  readonly play: (arena: Arena, check: Check) => Promise<Row>;
}
