/** `doctor`: reads, diagnoses, reports. The order of things; each thing itself is elsewhere. */
import path from "node:path";

import type { DiagnoseSettings } from "./diagnose.ts";
import type { DoctorOptions } from "./doctor-options.ts";
import { UserError, unlessGone } from "./errors.ts";
import { escapeTerminal } from "./escape.ts";
import { doctorExitCode } from "./exit-code.ts";
import type { CrossCheck } from "./gateway/cross-check.ts";
import type { LiveGateway } from "./gateway/live.ts";
import { DEFAULT_WIDTH } from "./help.ts";
import { defaultRunTimeoutMs, defaultStallAfterMs, inferVersion } from "./gateway-version.ts";
import type { Io } from "./io.ts";
import { Masker } from "./mask.ts";
import type { Report, SourceSummary } from "./model.ts";
import { type LogDiagnosis, readLog } from "./read-log.ts";
import { buildReport, retentionFor } from "./report.ts";
import { assertKnown, namesBeside } from "./named.ts";
import type { RenderOptions, ReporterEntry } from "./reporters/reporter.ts";
import { nodeFs } from "./sources/fs.ts";
import { resolveInputs, type SourceEnv } from "./sources/resolve.ts";
import type { Source } from "./sources/source.ts";
import { NOTHING_READ } from "./streams.ts";
import { judgeStateDir, type StateDir, type StateEvidence } from "./state-evidence.ts";

/**
 * @returns the exit code
 * @throws UserError where nothing could be read
 */
export async function runDoctor(options: DoctorOptions, io: Io): Promise<number> {
  const env = sourceEnv(io);
  const masker = new Masker(options.redact);
  const inputs = await findInputs(options, env, io);
  const states = await readStates(options, inputs.isOwnMachine, inputs.live?.stateDir, env);
  if (inputs.sources.length === 0 && states.length === 0) throw nothingToRead(inputs.looked);
  await assertNotAnInput(options.output, inputs.sources, env);
  for (const { file } of options.also) await assertNotAnInput(file, inputs.sources, env, "--also");

  const settings = await timing(options, inputs, env);
  const retention = retentionFor(
    options,
    options.render.allRuns || needsEveryRun(options),
    namesBeside(states, inputs.live),
  );
  const log = await readLog(inputs.sources, settings, {
    now: io.now(),
    retention,
    signal: io.signal,
    verbose: options.verbose,
    // The line that could not be read may hold a chat's text.
    unparsed: options.redact ? () => "(left out: --redact)" : (text) => masker.text(text),
    onStart: options.quiet ? undefined : (io.showProgress ?? undefined),
  });
  const evidence = judge(states, log, inputs.isOwnMachine, settings, options, io);
  const live = inputs.live && (await checkLive(inputs.live, log, evidence));
  assertKnown(options, log.diagnoses, live ?? evidence, masker);
  const { body, sessionCount } = buildReport(
    {
      tool: io.tool,
      labels: options.labels,
      diagnoses: log.diagnoses,
      sources: [...log.summaries, ...(inputs.unread ?? []), ...states.map(stateSummary)],
      window: log.window,
      masker,
      extra: live ?? evidence,
    },
    options,
  );
  const exitCode = doctorExitCode(body, options.failOn, options.allowInconclusive);
  const { schemaVersion, tool, labels, ...rest } = body;
  const report = { schemaVersion, tool, labels, ok: exitCode === 0, ...rest };
  const render = { ...options.render, sessionCount };
  const text = await piecesOf(options.format, report, render);
  const others = await Promise.all(
    options.also.map(async ({ format, file }) => ({
      file,
      text: await piecesOf(format, report, { ...render, width: DEFAULT_WIDTH, colorLevel: 0 }),
    })),
  );
  for (const line of [...inputs.warnings, ...log.warnings, ...(live?.warnings ?? [])])
    await warn(io, masker.text(line));
  if (options.output !== null) await io.writeWhole(options.output, text);
  else await unlessGone(() => writeAll(io, text));
  for (const other of others) await io.writeWhole(other.file, other.text);
  return exitCode;
}

async function writeAll(io: Io, text: Iterable<string>): Promise<void> {
  for (const piece of text) await io.stdout.write(piece);
}

/** A write for every line would take longer than all else. */
const PIECE = 256 * 1024;

function* inPieces(parts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  // Also where there is nothing to say: whoever reads may be gone.
  yield piece;
}

function needsEveryRun({ format, also }: DoctorOptions): boolean {
  return [format, ...also.map((it) => it.format)].some((it) => it.needsEveryRun === true);
}

async function piecesOf(format: ReporterEntry, report: Report, render: RenderOptions): Promise<Iterable<string>> {
  const reporter = await format.load();
  return inPieces(reporter.parts?.(report, render) ?? [reporter.render(report, render)]);
}

/** The report must not take the place of the log that it was made from. */
async function assertNotAnInput(
  output: string | null,
  sources: readonly Source[],
  env: SourceEnv,
  option = "--output",
): Promise<void> {
  if (output === null) return;
  const real = (file: string) => env.fs.real(path.resolve(env.cwd, file)).catch(() => undefined);
  const target = await real(output);
  if (target === undefined) return;
  for (const source of sources) {
    if (source.path !== "-" && (await real(source.path)) === target) {
      throw new UserError(`${option} ${output} is one of the logs`, "Name another file; the log would be overwritten.");
    }
  }
}

function sourceEnv(io: Io): SourceEnv {
  return { fs: nodeFs, cwd: io.cwd, home: io.homedir, tmp: io.tmp, variables: io.env, stdin: io.stdin };
}

interface Inputs {
  readonly sources: readonly Source[];
  readonly warnings: readonly string[];
  /** What was named and gave nothing. */
  readonly unread?: readonly SourceSummary[];
  /** The logs are this machine's own, so its state dir and its processes can be looked at. */
  readonly isOwnMachine: boolean;
  /** Where logs were looked for; empty where the user named them. */
  readonly looked: readonly string[];
  /** With `--gateway`: what the running gateway told. */
  readonly live?: LiveGateway;
}

async function findInputs(options: DoctorOptions, env: SourceEnv, io: Io): Promise<Inputs> {
  if (options.gateway !== null) {
    const { lookAtGateway } = await import("./gateway/live.ts");
    const live = await lookAtGateway(options.gateway, env.fs, io);
    const { log, warnings } = live;
    if (log.lines === 0) throw emptyGatewayLog(live);
    return { sources: log.sources, warnings, isOwnMachine: log.isOnThisMachine, looked: [], live };
  }
  if (options.logs.length > 0) {
    const { sources, errors } = await resolveInputs(options.logs, env);
    const [first] = errors;
    if (sources.length === 0 && first) throw first.error;
    const warnings = errors.map((it) => it.error.message);
    const unread = errors.map((it) => ({ ...NOTHING_READ, path: it.path, unread: it.error.message }));
    return { sources, warnings, unread, isOwnMachine: false, looked: [] };
  }
  if (io.stdin.isPiped) {
    const piped = await pipedSource(env);
    if (piped) return { sources: [piped], warnings: [], isOwnMachine: false, looked: [] };
  }
  if (options.stateDir !== null) return { sources: [], warnings: [], isOwnMachine: true, looked: [] };
  const { discoverLocalGateways } = await import("./sources/discover.ts");
  const { sources, looked } = await discoverLocalGateways(env);
  return { sources, warnings: [], isOwnMachine: true, looked };
}

/** Standard input, if anything comes from it: under cron or ssh it is often an empty pipe. */
async function pipedSource(env: SourceEnv): Promise<Source | undefined> {
  const bytes = env.stdin?.[Symbol.asyncIterator]();
  const first = await bytes?.next();
  if (!bytes || !first || first.done === true) return undefined;
  async function* all() {
    yield first?.value as Uint8Array;
    for (let next = await bytes?.next(); next && next.done !== true; next = await bytes?.next()) yield next.value;
  }
  return { path: "-", reopenable: false, open: all };
}

/** What the options say, else the gateway's own config, where it is on this machine. */
async function timing(options: DoctorOptions, inputs: Inputs, env: SourceEnv): Promise<DiagnoseSettings> {
  const { live } = inputs;
  const ofConfig = inputs.isOwnMachine && !live ? await runTimeoutOfConfig(options, env) : undefined;
  // A live log is whole up to now, by the gateway's own clock.
  const now = live?.list.now;
  return {
    runTimeoutMs: options.runTimeoutMs ?? live?.runTimeoutMs ?? ofConfig ?? null,
    stallAfterMs: options.stallAfterMs,
    ...(now === undefined ? {} : { now }),
  };
}

async function runTimeoutOfConfig(options: DoctorOptions, env: SourceEnv): Promise<number | undefined> {
  const { activeRunTimeoutMs } = await import("./sources/gateway-config.ts");
  return await activeRunTimeoutMs(env, options.stateDir);
}

/** @param liveDir of the gateway that was asked: null if it does not say; undefined if none was asked */
async function readStates(
  options: DoctorOptions,
  isOwnMachine: boolean,
  liveDir: string | null | undefined,
  env: SourceEnv,
): Promise<StateDir[]> {
  if (!options.state || (options.stateDir === null && !isOwnMachine)) return [];
  const { findStateDirs, readStateDir } = await import("./sources/state-dir.ts");
  if (options.stateDir !== null) return [await readStateDir(options.stateDir, path.resolve(env.cwd, options.stateDir))];
  const dirs = liveDir === undefined ? await findStateDirs(env.home, env.variables) : liveDir === null ? [] : [liveDir];
  return await Promise.all(dirs.map((dir) => readStateDir(dir, dir)));
}

function judge(
  states: readonly StateDir[],
  log: LogDiagnosis,
  isOwnMachine: boolean,
  settings: DiagnoseSettings,
  options: DoctorOptions,
  io: Io,
): StateEvidence {
  // A state dir is one gateway's; with several in the log there is no telling whose.
  const diagnosis = log.diagnoses.length === 1 ? log.diagnoses[0] : undefined;
  const isOwn = isOwnMachine && options.stateDir === null;
  const version = diagnosis?.version ?? inferVersion({ has: () => false }, undefined, undefined);
  const runTimeoutMs = settings.runTimeoutMs ?? diagnosis?.settings.runTimeoutMs ?? defaultRunTimeoutMs(version);
  const context = {
    now: isOwnMachine ? io.now() : (diagnosis?.settings.now ?? io.now()),
    isOwn,
    runTimeoutMs,
    stallAfterMs: options.stallAfterMs ?? defaultStallAfterMs(runTimeoutMs),
    datesAreGuessed: log.datesAreGuessed,
  };
  const parts = states.map((state) => judgeStateDir(state, diagnosis, context));
  return { findings: parts.flatMap((it) => it.findings), sessions: parts.flatMap((it) => it.sessions) };
}

/** What the log and the state dir tell, with what the gateway's own list adds. */
async function checkLive(
  live: LiveGateway,
  log: LogDiagnosis,
  evidence: StateEvidence,
): Promise<StateEvidence & Pick<CrossCheck, "warnings">> {
  const { crossCheck } = await import("./gateway/cross-check.ts");
  const { capabilitiesOf } = await import("./repair/capabilities.ts");
  const { gatewayLogGap } = await import("./sources/gateway-log.ts");
  const diagnosis = log.diagnoses.length === 1 ? log.diagnoses[0] : undefined;
  const { trustsActiveRun } = capabilitiesOf({
    version: live.version,
    atLeast: diagnosis?.version.atLeast ?? null,
    methods: live.methods,
  });
  const last = Math.max(0, (diagnosis?.tracker.gateway.lives.length ?? 1) - 1);
  const check = crossCheck(live.list, diagnosis, trustsActiveRun, last);
  const told = new Set(evidence.sessions.flatMap((it) => it.sessionIds));
  const gap = gatewayLogGap(live.log, log.window.from, diagnosis?.tracker.gateway.lives[0]?.startedBy === "boot");
  return {
    findings: [...evidence.findings, ...(gap ? [gap] : [])],
    sessions: [...evidence.sessions, ...check.sessions.filter((it) => !it.sessionIds.some((id) => told.has(id)))],
    warnings: check.warnings,
  };
}

function emptyGatewayLog({ url, log }: LiveGateway): UserError {
  return new UserError(
    `the gateway at ${url} has nothing in its log`,
    `It names ${log.file === "" ? "no file" : log.file}. Was it removed, or is logging turned off?`,
  );
}

function stateSummary(state: StateDir): SourceSummary {
  return {
    path: state.path,
    format: "state-dir",
    bytes: state.bytes,
    lines: 0,
    candidates: state.locks.length,
    unparsedCandidates: 0,
  };
}

function nothingToRead(looked: readonly string[]): UserError {
  const places = looked.map((it) => `  ${it}`).join("\n");
  return new UserError(
    "no gateway log found on this machine",
    `Looked at:\n${places}\nName a log: clawdbot-sessions doctor FILE, or pipe one in.`,
  );
}

async function warn(io: Io, text: string): Promise<void> {
  await unlessGone(() => io.stderr.write(`${escapeTerminal(`warning: ${text}`)}\n`));
}
