/**
 * Real gateways from the npm registry, in a cache: installed once, beside a
 * Node 24 of their own. An install is made in a folder of its own and moved in
 * place when it is whole, so one that was interrupted is never used.
 */
import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { gatewayName, type GatewayVersion } from "./versions.ts";

export interface InstalledGateway {
  readonly version: GatewayVersion;
  /** The Node that runs it. */
  readonly node: string;
  readonly entry: string;
}

const NODE_MAJOR = "24";
const LONGEST_INSTALL_MS = 15 * 60_000;

export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["CLAWDBOT_SESSIONS_CACHE"]) return env["CLAWDBOT_SESSIONS_CACHE"];
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "clawdbot-sessions");
}

export async function installGateway(
  gateway: GatewayVersion,
  log: (line: string) => void = () => {},
): Promise<InstalledGateway> {
  const name = gatewayName(gateway);
  const node = await installNode(log);
  const dir = await installPackages(
    join(cacheDir(), "gateways", name),
    {
      dependencies: {
        [gateway.package]: gateway.version,
        // A dependency of the early version imports it without saying so.
        ...(gateway.package === "clawdbot" && { "strip-ansi": "7" }),
      },
      // The early versions want libsignal from a git address; the registry has it too.
      overrides: { libsignal: "npm:libsignal@6.0.0" },
    },
    () => log(`installing ${name} (about a minute, 0.4 to 1.4 GB)`),
  );
  return { version: gateway, node, entry: join(dir, "node_modules", gateway.package, "dist", "entry.js") };
}

/** The package `node` fetches its binary in an install script, which we don't run: take the binary's own package. */
async function installNode(log: (line: string) => void): Promise<string> {
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const dir = await installPackages(
    join(cacheDir(), "node", `${name}-${NODE_MAJOR}`),
    { dependencies: { [name]: NODE_MAJOR } },
    () => log(`installing Node ${NODE_MAJOR} for the gateways`),
  );
  return join(dir, "node_modules", name, "bin", "node");
}

export async function installPackages(dir: string, manifest: object, starting: () => void): Promise<string> {
  if (await exists(join(dir, ".done"))) return dir;
  starting();
  await removeOldDrafts(dir);
  const draft = `${dir}.draft-${randomBytes(4).toString("hex")}`;
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, "package.json"), JSON.stringify({ private: true, ...manifest }));
    await execa("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: draft,
      timeout: LONGEST_INSTALL_MS,
      stdin: "ignore",
    });
    await writeFile(join(draft, ".done"), "");
    await moveInPlace(draft, dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return dir;
}

/** What an interrupted install left, unless another lab may still be at it. */
async function removeOldDrafts(dir: string): Promise<void> {
  for (const name of await readdir(dirname(dir)).catch(() => [])) {
    const path = join(dirname(dir), name);
    if (!name.startsWith(`${basename(dir)}.draft-`)) continue;
    if (Date.now() - (await stat(path)).mtimeMs > 2 * LONGEST_INSTALL_MS)
      await rm(path, { recursive: true, force: true });
  }
}

async function moveInPlace(draft: string, dir: string): Promise<void> {
  if (await exists(dir)) {
    // Another lab was faster, or an install by hand was left half done.
    if (await exists(join(dir, ".done"))) return;
    await rm(dir, { recursive: true, force: true });
  }
  try {
    await rename(draft, dir);
  } catch (error) {
    if (!(await exists(join(dir, ".done")))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
