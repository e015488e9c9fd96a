/**
 * Plays a scenario on a gateway and keeps what it left: console.log,
 * gateway.jsonl, truth.json, and state/ where the scenario asks for it.
 *
 *   tsx lab/record.ts <out folder> <versions, comma separated|all> [scenarios, comma separated]
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { Gateway } from "./gateway.ts";
import { installGateway } from "./install.ts";
import { ModelServer } from "./model-server.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { Stage } from "./stage.ts";
import { tellTruth, type Truth } from "./truth.ts";
import { findGateway, GATEWAY_VERSIONS, gatewayName, type GatewayVersion } from "./versions.ts";

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
  const gateway = await Gateway.create({
    installed,
    root,
    modelUrl: (provider) => model.url(provider),
    debug: scenario.debug,
    consoleStyle: scenario.consoleStyle,
    container: scenario.container ?? false,
    agentDefaults: scenario.agentDefaults ?? {},
    env: { ...scenario.env, ...(scenario.noRespawn && { [`${version.env}_NO_RESPAWN`]: "1" }) },
  });
  const stage = new Stage({ version, gateway, model, noRespawn: scenario.noRespawn ?? false, note });
  let kept = false;
  try {
    await inTime(scenario.play(stage), LONGEST_SCENARIO_MS, scenario.name);
    const truth = tellTruth({
      version,
      scenario: scenario.name,
      note: scenario.about,
      showsRuns: scenario.debug,
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

async function main([out, versions = "all", scenarios]: readonly string[]): Promise<number> {
  if (out === undefined) {
    console.error("usage: tsx lab/record.ts <out folder> <versions|all> [scenarios]");
    return 2;
  }
  const gateways = versions === "all" ? GATEWAY_VERSIONS : versions.split(",").map((word) => findGateway(word)!);
  const wanted = scenarios?.split(",");
  let failed = 0;
  for (const version of gateways) {
    for (const scenario of SCENARIOS) {
      if (wanted ? !wanted.includes(scenario.name) : false) continue;
      if (!scenario.appliesTo(version)) continue;
      const name = `${gatewayName(version)}-${scenario.name}`;
      const began = Date.now();
      const note = (line: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} ${name}: ${line}`);
      try {
        const { truth } = await record(version, scenario, out, note);
        for (const [id, run] of Object.entries(truth.runs)) note(`  ${id.padEnd(14)} ${run.session} ${run.expect}${run.thenProcessDied ? " (process died)" : ""}`);
        for (const [key, session] of Object.entries(truth.sessions)) note(`  ${key} ${session.expect}`);
      } catch (error) {
        failed++;
        note(String(error));
      }
    }
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // The gateways' sockets and timers would keep us here.
  main(process.argv.slice(2)).then((code) => process.exit(code));
}
