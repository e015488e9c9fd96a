/** The diagnosis that a repair goes by: from files that the user named, or from the gateway's own log. */
import type { Diagnosis } from "../diagnosis.ts";
import { UserError } from "../errors.ts";
import type { SourceSummary } from "../model.ts";
import { readLog } from "../read-log.ts";
import { resolveInputs, type SourceEnv } from "../sources/resolve.ts";
import type { Source } from "../sources/source.ts";

export interface DiagnosisSettings {
  /** Milliseconds; null: the version's default. */
  readonly runTimeoutMs: number | null;
  readonly stallAfterMs: number | null;
}

/**
 * From files. One may be a copy of some time ago, so its end is its now.
 * @param clock milliseconds since the epoch, for lines that have no date
 * @throws UserError where one of them can't be read, or they are of several gateways
 */
export async function diagnoseFiles(
  logs: readonly string[],
  env: SourceEnv,
  settings: DiagnosisSettings,
  clock: number,
): Promise<Diagnosis> {
  const { sources, errors } = await resolveInputs(logs, env);
  const [first] = errors;
  if (first) throw first.error;
  return await diagnose(sources, settings, clock, assertWhole);
}

/** @throws UserError for a file that was read in part: what looks like a run without an end may have one behind it */
function assertWhole(sources: readonly SourceSummary[]): void {
  const cut = sources.find((it) => it.unread !== undefined);
  if (cut) throw new UserError(`${cut.path}: ${cut.unread}`, "A repair needs all of the log that is named.");
}

/**
 * From the gateway's own log, which is whole up to now.
 * @param now by the gateway's clock, in milliseconds since the epoch
 */
export async function diagnoseLive(
  sources: readonly Source[],
  settings: DiagnosisSettings,
  now: number,
): Promise<Diagnosis> {
  return await diagnose(sources, { ...settings, now }, now, () => {});
}

async function diagnose(
  sources: readonly Source[],
  settings: DiagnosisSettings & { readonly now?: number },
  clock: number,
  check: (sources: readonly SourceSummary[]) => void,
): Promise<Diagnosis> {
  const { diagnoses, summaries } = await readLog(sources, settings, { now: clock });
  check(summaries);
  const [diagnosis, other] = diagnoses;
  if (!diagnosis || other) {
    throw new UserError("these logs are of several gateways", "Name the logs of the one that is to be repaired.");
  }
  return diagnosis;
}
