/**
 * Reaches real gateways as the tool does, one after the other: as whom each of
 * them lets us act, and whether `doctor --gateway` names a wedged session.
 *
 *   npx tsx lab/reach.ts                 all versions
 *   npx tsx lab/reach.ts 1.24-3 9.6      some versions
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main as runProgram } from "../src/cli.ts";
import { connectGateway } from "../src/gateway/connect.ts";
import { type Gateway as Reached, GatewayError } from "../src/gateway/gateway.ts";
import { IDENTITIES } from "../src/gateway/identities.ts";
import { resolveGatewayTarget } from "../src/gateway/resolve-target.ts";
import { ownCliGateway } from "../src/gateway/own-cli.ts";
import type { Credentials } from "../src/gateway/secret.ts";
import type { GatewayTarget } from "../src/gateway/target.ts";
import { type Io, nodeIo } from "../src/io.ts";
import type { Report } from "../src/model.ts";
import { Gateway } from "./gateway.ts";
import { type InstalledGateway, installGateway } from "./install.ts";
import { ModelServer } from "./model-server.ts";
import { Stage } from "./stage.ts";
import { findGateway, GATEWAY_VERSIONS, gatewayName, type GatewayVersion } from "./versions.ts";

const TOKEN = "lab-token-0123456789";

async function main(words: readonly string[]): Promise<number> {
  const versions = words.map((word) => findGateway(word) ?? fail(`"${word}" is not known here`));
  const failures: string[] = [];
  for (const version of versions.length > 0 ? versions : GATEWAY_VERSIONS) {
    try {
      await reach(version, failures);
    } catch (error) {
      failures.push(`${gatewayName(version)}: ${String(error)}`);
    }
  }
  for (const failure of failures) console.log(`FAILED ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

function fail(message: string): never {
  throw new Error(message);
}

async function reach(version: GatewayVersion, failures: string[]): Promise<void> {
  const installed = await installGateway(version, console.log);
  const root = mkdtempSync(join(tmpdir(), "sessions-reach-"));
  const model = await ModelServer.start();
  const modelUrl = (provider: string) => model.url(provider);
  const gateway = await Gateway.create({ installed, root, modelUrl, debug: true, consoleStyle: "compact" });
  const stage = new Stage({ version, gateway, model, noRespawn: false });
  const wrong = (what: string) => failures.push(`${gatewayName(version)}: ${what}`);
  try {
    await stage.start();
    const io = userIo(root, version);
    // As an operator on that machine: nothing is named, the config tells.
    const target = await resolveGatewayTarget({}, io);
    const own = await connectGateway(target, io);
    const sessions = await listed(own);
    await own.close();
    const kept: string[] = [];
    for (const identity of IDENTITIES) {
      const keeps = await keepsScopes(target, io, identity);
      if (keeps) kept.push(identity.name);
      const expected = identity.keepsScopesOn.includes(version.version);
      if (keeps !== expected) wrong(`${identity.name} keeps its scopes: ${keeps}, the table says ${expected}`);
    }
    const cli = await throughOwnCli(installed, root, target, io);
    console.log(
      [
        gatewayName(version).padEnd(22),
        `as ${own.identity.padEnd(8)}`,
        `says ${(own.version ?? "no version").padEnd(12)}`,
        `${own.methods.size} methods`.padEnd(12),
        `sessions.list ${sessions}`,
        `keeps scopes: ${kept.join(", ")}`.padEnd(38),
        `own CLI: ${cli}`,
      ].join("  "),
    );
    await askDoctor(stage, io, wrong);
  } finally {
    stage.close();
    await gateway.end();
    await model.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** One session answers, one hangs; where a restart in the same process keeps the run, that one is wedged. */
async function askDoctor(stage: Stage, io: Io, wrong: (what: string) => void): Promise<void> {
  await stage.ask("room-a", "ok");
  await stage.begin("room-b", "hang");
  const isWedged = stage.restartKeepsRuns;
  if (isWedged) {
    await stage.restart();
    await stage.ask("room-a", "ok");
    await stage.say("room-b", "ok");
    await stage.until(() => false, 3);
  }
  // What the socket tells is enough: no file is read but by the last one.
  for (const words of [["--no-state"], []]) {
    const { exitCode, out, err } = await doctor(words, io);
    const report = out === "" ? undefined : (JSON.parse(out) as Report);
    const blocked = report?.sessions.filter((it) => it.state === "blocked").map((it) => it.sessionKey) ?? [];
    const states = report?.sessions.map((it) => `${it.sessionKey} ${it.state}`).join(", ");
    const sources = report?.sources.map((it) => it.path.replace(/.*[/]/, "")).join(", ");
    const found = report?.findings.map((it) => `${it.code} (${it.confidence})`).join(", ");
    console.log(
      `    doctor --gateway ${words.join(" ")}: exit ${exitCode}, ${report?.verdict}; ${states}; found: ${found || "nothing"}; from ${sources}`,
    );
    if (err !== "") console.log(`      ${err.trim().replaceAll("\n", "\n      ")}`);
    const expected = isWedged ? "agent:main:room-b" : "";
    const named = blocked.map((it) => (it.startsWith("agent:") ? it : `agent:main:${it}`)).join(", ");
    if (named !== expected) wrong(`doctor has blocked: "${named}", true is: "${expected}"`);
    if (`${out}${err}`.includes(TOKEN)) wrong("doctor shows the token");
  }
}

async function doctor(words: readonly string[], io: Io): Promise<{ exitCode: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const into = (name: "out" | "err") => ({
    isTTY: false,
    columns: undefined,
    write: async (text: string) => void (said[name] += text),
  });
  const argv = ["doctor", "--gateway", "--json", "--all-runs", ...words];
  const exitCode = await runProgram(argv, { ...io, stdout: into("out"), stderr: into("err") });
  return { exitCode, ...said };
}

/** The world of an operator whose gateway is this one. */
function userIo(root: string, version: GatewayVersion): Io {
  const config = JSON.parse(readFileSync(join(root, "config.json"), "utf8")) as {
    gateway: { auth: { token: string } };
  };
  if (config.gateway.auth.token !== TOKEN) throw new Error("the lab's token is another");
  return {
    ...io,
    homedir: join(root, "home"),
    env: {
      PATH: "",
      [`${version.env}_CONFIG_PATH`]: join(root, "config.json"),
      [`${version.env}_STATE_DIR`]: join(root, "state"),
    },
  };
}
const io = nodeIo();

async function listed(gateway: Reached): Promise<string> {
  const answer = (await gateway.request("sessions.list", {})) as { sessions?: unknown };
  return Array.isArray(answer.sessions) ? "ok" : "no list";
}

async function keepsScopes(target: GatewayTarget, io: Io, identity: (typeof IDENTITIES)[number]): Promise<boolean> {
  try {
    const gateway = await connectGateway(target, io, { identities: [identity] });
    await gateway.close();
    return true;
  } catch (error) {
    if (error instanceof GatewayError && (error.kind === "missing-scope" || error.kind === "pairing-required"))
      return false;
    throw error;
  }
}

/** The gateway's CLI as it would be on the PATH. */
async function throughOwnCli(
  installed: InstalledGateway,
  root: string,
  target: GatewayTarget,
  io: Io,
): Promise<string> {
  const command = join(root, installed.version.package);
  writeFileSync(command, `#!/bin/sh\nexec '${installed.node}' '${installed.entry}' "$@"\n`, { mode: 0o755 });
  const env = { ...io.env, PATH: process.env["PATH"], HOME: join(root, "home") };
  const began = Date.now();
  const gateway = ownCliGateway(
    command,
    { ...target, credentials: target.credentials[0] as Credentials },
    { ...io, env },
    15_000,
  );
  const said = await listed(gateway).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  return `${said} in ${((Date.now() - began) / 1000).toFixed(1)} s`;
}

main(process.argv.slice(2)).then(
  // Timers of the gateways would keep us here.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
