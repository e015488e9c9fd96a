/** The programs that we are compared with: whether they are here, and which version. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cacheDir, installPackages } from "../lab/install.ts";

interface ToolInfo {
  /** Debian's package. */
  readonly debian: string;
  readonly version: readonly [program: string, ...words: string[]];
}

export const TOOLS = {
  rg: { debian: "ripgrep", version: ["rg", "--version"] },
  mawk: { debian: "mawk", version: ["mawk", "-W", "version"] },
  jq: { debian: "jq", version: ["jq", "--version"] },
  lnav: { debian: "lnav", version: ["lnav", "--version"] },
  cat: { debian: "coreutils", version: ["cat", "--version"] },
  zcat: { debian: "gzip", version: ["zcat", "--version"] },
  zstd: { debian: "zstd", version: ["zstd", "--version"] },
} as const satisfies Record<string, ToolInfo>;

export type ToolName = keyof typeof TOOLS | "duckdb" | "node";

/** The newest when this was written; its package is 70 MB, so it is no dependency of ours. */
const DUCKDB = { name: "@duckdb/node-api", version: "1.5.6-r.1" };

export interface Tools {
  readonly versions: ReadonlyMap<ToolName, string>;
  readonly missing: readonly { readonly name: ToolName; readonly from: string }[];
  /** The folder with DuckDB's package. */
  readonly duckdb: string | undefined;
}

export async function findTools(wanted: ReadonlySet<ToolName>, say: (line: string) => void): Promise<Tools> {
  const versions = new Map<ToolName, string>([["node", process.version]]);
  const missing: { name: ToolName; from: string }[] = [];
  for (const [name, { debian, version }] of Object.entries(TOOLS) as [keyof typeof TOOLS, ToolInfo][]) {
    if (!wanted.has(name)) continue;
    const found = versionOf(version);
    if (found === undefined) missing.push({ name, from: `Debian package ${debian}` });
    else versions.set(name, found);
  }
  const duckdb = wanted.has("duckdb") ? await installDuckdb(say) : undefined;
  if (duckdb !== undefined) versions.set("duckdb", `${DUCKDB.name} ${DUCKDB.version}`);
  else if (wanted.has("duckdb")) missing.push({ name: "duckdb", from: `npm package ${DUCKDB.name}` });
  return { versions, missing, duckdb };
}

function versionOf([program, ...words]: ToolInfo["version"]): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (error) return undefined;
  const text = stdout || stderr;
  return /\d+(?:\.\d+)+(?: \d{8})?/.exec(text)?.[0] ?? text.trim().slice(0, 40);
}

async function installDuckdb(say: (line: string) => void): Promise<string | undefined> {
  const folder = join(cacheDir(), "bench", "peers", `duckdb-${DUCKDB.version}`);
  try {
    return await installPackages(folder, { dependencies: { [DUCKDB.name]: DUCKDB.version } }, () =>
      say(`installing ${DUCKDB.name} (70 MB, once)`),
    );
  } catch {
    return undefined;
  }
}
