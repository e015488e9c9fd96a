/**
 * Plays a scenario on a gateway and keeps what it left: console.log,
 * gateway.jsonl, truth.json, and state/ where the scenario asks for it.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Gateway } from "./gateway.ts";
import { installGateway } from "./install.ts";
import { ModelServer } from "./model-server.ts";
import type { Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { tellTruth, type Truth } from "./truth.ts";
import { gatewayName, type GatewayVersion } from "./versions.ts";

export interface Recording {
  readonly dir: string;
  readonly truth: Truth;
}

const LONGEST_SCENARIO_MS = 15 * 60_000;

export async function record(
  version: GatewayVersion,
  scenario: Scenario,
  out: string,
  note: (line: string) => void = () => {},
): Promise<Recording> {
  const installed = await installGateway(version, note);
  const root = mkdtempSync(join(tmpdir(), "sessions-lab-"));
  const model = await ModelServer.start();
  const noRespawn = scenario.noRespawn === true && version.noRespawn;
  const gateway = await Gateway.create({
    installed,
    root,
    modelUrl: (provider) => model.url(provider),
    debug: scenario.debug,
    consoleStyle: scenario.consoleStyle,
    container: scenario.container ?? false,
    agentDefaults: scenario.agentDefaults ?? {},
    env: { ...scenario.env, ...(noRespawn && { [`${version.env}_NO_RESPAWN`]: "1" }) },
  });
  const stage = new Stage({ version, gateway, model, noRespawn, note });
  let kept = false;
  try {
    await inTime(scenario.play(stage), LONGEST_SCENARIO_MS, scenario.name);
    const truth = tellTruth({
      version,
      scenario: scenario.name,
      note: scenario.about,
      showsRuns: scenario.debug,
      timeoutSeconds: scenario.agentDefaults?.["timeoutSeconds"] as number | undefined,
      staleLocks: stage.staleLocks(),
      sent: stage.sent,
      streams: model.streams,
      heard: stage.heard,
      processes: gateway.processes,
      events: stage.events,
    });
    const dir = recordingDir(out, version, scenario);
    keep(dir, gateway, truth, scenario.keepState === true);
    kept = true;
    return { dir, truth };
  } catch (error) {
    note(`failed; what there is stays in ${root}`);
    writeFileSync(join(root, "gateway.collected.jsonl"), gateway.logText());
    throw error;
  } finally {
    stage.close();
    await gateway.end();
    await model.close();
    if (kept) rmSync(root, { recursive: true, force: true });
  }
}

export function recordingDir(out: string, version: GatewayVersion, scenario: Scenario): string {
  return join(out, `${gatewayName(version)}-${scenario.name}`);
}

function keep(dir: string, gateway: Gateway, truth: Truth, withState: boolean): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "console.log"), gateway.clean(readFileSync(gateway.consoleLog, "utf8")));
  writeFileSync(join(dir, "gateway.jsonl"), gateway.clean(gateway.logText()));
  if (withState) keepState(join(dir, "state"), gateway);
  // Last: who sees it sees the rest too.
  writeFileSync(join(dir, "truth.json"), `${JSON.stringify(truth, null, 1)}\n`);
}

/** What a repair on the same machine could look at: stores of sessions, transcripts, locks, databases. */
function keepState(target: string, gateway: Gateway): void {
  const source = gateway.stateDir;
  for (const path of filesBelow(source)) {
    const name = relative(source, path);
    if (!/\/sessions\/|\.sqlite(-wal|-shm)?$/.test(`/${name}`)) continue;
    const copy = join(target, name);
    mkdirSync(join(copy, ".."), { recursive: true });
    if (/\.sqlite/.test(name)) cpSync(path, copy);
    else writeFileSync(copy, gateway.clean(readFileSync(path, "utf8")));
  }
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return [];
    return stat.isDirectory() ? filesBelow(path) : [path];
  });
}

async function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 60_000} minutes`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
