/** What a scenario is: a name, the gateways it makes sense on, and what happens. */
import type { ConsoleStyle } from "./gateway.ts";
import type { Stage } from "./stage.ts";
import type { GatewayVersion } from "./versions.ts";

export interface Scenario {
  readonly name: string;
  /** One sentence for the reader of a recording. */
  readonly about: string;
  readonly appliesTo: (version: GatewayVersion) => boolean;
  readonly debug: boolean;
  readonly consoleStyle: ConsoleStyle;
  /** Told to stay in its process when it restarts. */
  readonly noRespawn?: boolean;
  /** In a PID namespace of its own. */
  readonly container?: boolean;
  /** Keep what stood on disk at the end. */
  readonly keepState?: boolean;
  readonly agentDefaults?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** From a gateway that is not started yet to the last ping. */
  readonly play: (stage: Stage) => Promise<void>;
}
