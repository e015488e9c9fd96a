import type { GatewayVersion } from "./gateway-version.ts";
import type { SourceSummary } from "./model.ts";
import type { Settled, SettleSettings } from "./tracker/settle.ts";
import type { Tracker } from "./tracker/tracker.ts";

/** All that is known of one gateway when the log has been read: what the checks look at. */
export interface Diagnosis {
  readonly tracker: Tracker;
  readonly settled: Settled;
  readonly settings: SettleSettings;
  readonly version: GatewayVersion;
  /** Of the files that told this gateway's story. */
  readonly sources: readonly SourceSummary[];
}
