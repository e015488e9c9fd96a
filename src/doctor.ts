/** `doctor`: reads, diagnoses, reports. The order of things; each thing itself is elsewhere. */
import path from "node:path";

import type { Diagnosis } from "./diagnosis.ts";
import { type DiagnoseSettings, Diagnostician } from "./diagnose.ts";
import type { DoctorOptions } from "./doctor-options.ts";
import { UserError } from "./errors.ts";
import { escapeTerminal } from "./escape.ts";
import { doctorExitCode } from "./exit-code.ts";
import { type CrossCheck, crossCheck } from "./gateway/cross-check.ts";
import { type LiveGateway, lookAtGateway } from "./gateway/live.ts";
import { DEFAULT_WIDTH } from "./help.ts";
import { defaultRunTimeoutMs, defaultStallAfterMs, inferVersion } from "./gateway-version.ts";
import type { Io } from "./io.ts";
import type { LogRecord, SourceSummary } from "./model.ts";
import { capabilitiesOf } from "./repair/capabilities.ts";
import { buildReport } from "./report.ts";
import { discoverLocalGateways } from "./sources/discover.ts";
import { nodeFs } from "./sources/fs.ts";
import { activeRunTimeoutMs } from "./sources/gateway-config.ts";
import { gatewayLogGap } from "./sources/gateway-log.ts";
import { resolveInputs, type SourceEnv } from "./sources/resolve.ts";
import type { Source } from "./sources/source.ts";
import { findStateDirs, readStateDir } from "./sources/state-dir.ts";
import { judgeStateDir, type StateDir, type StateEvidence } from "./state-evidence.ts";
import { canonicalKey } from "./tracker/session-index.ts";
import { type Reading, readSources } from "./streams.ts";

/**
 * @returns the exit code
 * @throws UserError where nothing could be read
 */
export async function runDoctor(options: DoctorOptions, io: Io): Promise<number> {
  const env = sourceEnv(io);
  const inputs = await findInputs(options, env, io);
  const states = await readStates(options, inputs.isOwnMachine, inputs.live?.stateDir, env);
  if (inputs.sources.length === 0 && states.length === 0) throw nothingToRead(inputs.looked);
  await assertNotAnInput(options.output, inputs.sources, env);
  for (const { file } of options.also) await assertNotAnInput(file, inputs.sources, env, "--also");

  const settings = await timing(options, inputs, env);
  const log = await readLog(inputs.sources, settings, options, io);
  const evidence = judge(states, log, inputs.isOwnMachine, settings, options, io);
  const live = inputs.live && checkLive(inputs.live, log, evidence);
  assertKnown(options, log.diagnoses, live ?? evidence);
  const body = buildReport(
    {
      tool: io.tool,
      labels: options.labels,
      diagnoses: log.diagnoses,
      sources: [...log.summaries, ...states.map(stateSummary)],
      window: log.window,
      extra: live ?? evidence,
    },
    options,
  );
  const exitCode = doctorExitCode(body, options.failOn, options.allowInconclusive);
  const { schemaVersion, tool, labels, ...rest } = body;
  const report = { schemaVersion, tool, labels, ok: exitCode === 0, ...rest };
  const text = options.reporter.render(report, options.render);
  const others = options.also.map(({ reporter, file }) => {
    return { file, text: reporter.render(report, { ...options.render, width: DEFAULT_WIDTH, colorLevel: 0 }) };
  });
  for (const line of [...inputs.warnings, ...log.warnings, ...(live?.warnings ?? [])]) await warn(io, line);
  if (options.output === null) await io.stdout.write(text);
  else await io.writeWhole(options.output, text);
  for (const other of others) await io.writeWhole(other.file, other.text);
  return exitCode;
}

/** A session or run that nobody knows is a slip of the hand, and "nothing is wrong with it" would be no answer. */
function assertKnown(
  { session, run }: DoctorOptions,
  diagnoses: readonly Diagnosis[],
  extra: Pick<StateEvidence, "sessions">,
): void {
  const sessions = [
    ...diagnoses
      .flatMap((it) => it.settled.sessions)
      .map((it) => ({ names: [it.key, ...it.aliases], ids: [...it.session.sessionIds] })),
    ...extra.sessions.map((it) => ({ names: [it.sessionKey, ...it.aliases], ids: it.sessionIds })),
  ];
  const isNamed = (it: (typeof sessions)[number], name: string) =>
    it.names.some((key) => canonicalKey(key) === canonicalKey(name)) || it.ids.some((id) => id.startsWith(name));
  if (session !== null && sessions.length > 0 && !sessions.some((it) => isNamed(it, session))) {
    throw unknown(
      "session",
      session,
      sessions.map((it) => it.names[0] ?? ""),
    );
  }
  const runs = diagnoses.flatMap((it) => it.settled.runs).map((it) => it.run.runId);
  if (run !== null && runs.length > 0 && !runs.some((id) => id.startsWith(run))) throw unknown("run", run, runs);
}

const NAMED = 10;

function unknown(what: string, name: string, known: readonly string[]): UserError {
  const more = known.length > NAMED ? ` and ${known.length - NAMED} more` : "";
  return new UserError(`no ${what} ${name} in this log`, `There is: ${known.slice(0, NAMED).join(", ")}${more}`);
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
  /** The logs are this machine's own, so its state dir and its processes can be looked at. */
  readonly isOwnMachine: boolean;
  /** Where logs were looked for; empty where the user named them. */
  readonly looked: readonly string[];
  /** With `--gateway`: what the running gateway told. */
  readonly live?: LiveGateway;
}

async function findInputs(options: DoctorOptions, env: SourceEnv, io: Io): Promise<Inputs> {
  if (options.gateway !== null) {
    const live = await lookAtGateway(options.gateway, env.fs, io);
    const { log, warnings } = live;
    if (log.lines === 0) throw emptyGatewayLog(live);
    return { sources: log.sources, warnings, isOwnMachine: log.isOnThisMachine, looked: [], live };
  }
  if (options.logs.length > 0) {
    const { sources, errors } = await resolveInputs(options.logs, env);
    const [first] = errors;
    if (sources.length === 0 && first) throw first;
    return { sources, warnings: errors.map((it) => it.message), isOwnMachine: false, looked: [] };
  }
  if (io.stdin.isPiped) {
    const piped = await pipedSource(env);
    if (piped) return { sources: [piped], warnings: [], isOwnMachine: false, looked: [] };
  }
  if (options.stateDir !== null) return { sources: [], warnings: [], isOwnMachine: true, looked: [] };
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

interface ReadLog {
  readonly diagnoses: readonly Diagnosis[];
  readonly summaries: readonly SourceSummary[];
  readonly window: { from: number | undefined; to: number | undefined };
  readonly warnings: readonly string[];
  /** A source's lines have no date, and nothing in the log or its name tells one. */
  readonly datesAreGuessed: boolean;
}

/** What the options say, else the gateway's own config, where it is on this machine. */
async function timing(options: DoctorOptions, inputs: Inputs, env: SourceEnv): Promise<DiagnoseSettings> {
  const { live } = inputs;
  const ofConfig = inputs.isOwnMachine && !live ? await activeRunTimeoutMs(env, options.stateDir) : undefined;
  // A live log is whole up to now, by the gateway's own clock.
  const now = live?.list.now;
  return {
    runTimeoutMs: options.runTimeoutMs ?? live?.runTimeoutMs ?? ofConfig ?? null,
    stallAfterMs: options.stallAfterMs,
    ...(now === undefined ? {} : { now }),
  };
}

async function readLog(
  sources: readonly Source[],
  settings: DiagnoseSettings,
  options: DoctorOptions,
  io: Io,
): Promise<ReadLog> {
  if (sources.length === 0) {
    return {
      diagnoses: [],
      summaries: [],
      window: { from: undefined, to: undefined },
      warnings: [],
      datesAreGuessed: false,
    };
  }
  const reading = await readSources(sources, { now: io.now() });
  const diagnostician = new Diagnostician(
    sources.length > 1,
    (source, other) => reading.form(source) === reading.form(other),
  );
  const window: ReadLog["window"] = { from: undefined, to: undefined };
  let unparsed: LogRecord | undefined;
  for await (const batch of reading.batches()) {
    io.signal.throwIfAborted();
    for (const record of batch) {
      if (record.time !== undefined) {
        if (window.from === undefined || record.time < window.from) window.from = record.time;
        if (window.to === undefined || record.time > window.to) window.to = record.time;
      }
      const outcome = diagnostician.push(record);
      if (outcome === "other") continue;
      reading.countCandidate(record.source, outcome === "event");
      if (outcome === "unparsed") unparsed ??= record;
    }
  }
  const summaries = reading.summaries();
  return {
    diagnoses: diagnostician.finish(settings, summaries),
    summaries,
    window,
    warnings: warningsOf(reading, summaries, unparsed, options),
    datesAreGuessed: summaries.some((_, index) => ["mtime", "assumed"].includes(reading.dateOrigin(index) ?? "")),
  };
}

function warningsOf(
  reading: Reading,
  summaries: readonly SourceSummary[],
  unparsed: LogRecord | undefined,
  options: DoctorOptions,
): string[] {
  const warnings = reading.warnings.map(
    (it) => `${it.path}: ${it.message}${it.help === undefined ? "" : ` (${it.help})`}`,
  );
  if (reading.datesAssumed) warnings.push("no line and no file name tells a date: today's was taken");
  const count = summaries.reduce((sum, it) => sum + it.unparsedCandidates, 0);
  if (count > 0) {
    const where = unparsed && `${unparsed.location.path}:${unparsed.location.line}`;
    const example = options.verbose && unparsed ? `: ${unparsed.message.slice(0, 200)}` : "";
    warnings.push(`${count} lines look like run or lane lines and could not be read, the first at ${where}${example}`);
  }
  return warnings;
}

/** @param liveDir of the gateway that was asked: null if it does not say; undefined if none was asked */
async function readStates(
  options: DoctorOptions,
  isOwnMachine: boolean,
  liveDir: string | null | undefined,
  env: SourceEnv,
): Promise<StateDir[]> {
  if (!options.state) return [];
  if (options.stateDir !== null) return [await readStateDir(options.stateDir, path.resolve(env.cwd, options.stateDir))];
  if (!isOwnMachine) return [];
  const dirs = liveDir === undefined ? await findStateDirs(env.home, env.variables) : liveDir === null ? [] : [liveDir];
  return await Promise.all(dirs.map((dir) => readStateDir(dir, dir)));
}

function judge(
  states: readonly StateDir[],
  log: ReadLog,
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
function checkLive(
  live: LiveGateway,
  log: ReadLog,
  evidence: StateEvidence,
): StateEvidence & Pick<CrossCheck, "warnings"> {
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
  await io.stderr.write(`${escapeTerminal(`warning: ${text}`)}\n`);
}
