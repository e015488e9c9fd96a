/** This machine's gateways: where their logs are when the user names none. */
import { basename, join } from "node:path";
import { configText, expandHome, type GatewayHome, gatewayHomes, PRODUCTS, readConfig } from "./gateway-config.ts";
import type { SourceFs } from "./fs.ts";
import { rollingLog } from "./names.ts";
import { fileSource, type SourceEnv } from "./resolve.ts";
import type { Source } from "./source.ts";

export interface Discovered {
  /** Every source has the `group` of its gateway. */
  readonly sources: readonly Source[];
  /** All places that were looked at, for the error when there is nothing. */
  readonly looked: readonly string[];
}

/**
 * Finds the logs of the gateways on this machine: the config's `logging.file`,
 * the dated files under /tmp, the service's logs under the state directory.
 * A profile is a gateway of its own.
 */
export async function discoverLocalGateways(env: SourceEnv): Promise<Discovered> {
  const search = new Search(env);
  for (const state of await gatewayHomes(env)) {
    await search.config(state);
    await search.service(state);
  }
  for (const product of PRODUCTS) await search.rolling(join(env.tmp, product));
  await search.macService();
  return { sources: search.sources, looked: search.looked };
}

class Search {
  readonly sources: Source[] = [];
  readonly looked: string[] = [];
  readonly #seen = new Set<string>();
  readonly #env: SourceEnv;

  constructor(env: SourceEnv) {
    this.#env = env;
  }

  async config(state: GatewayHome): Promise<void> {
    for (const path of state.configPaths) {
      // A broken config is the gateway's to complain about; the usual places remain.
      const config = await readConfig(path, state, this.#env);
      const named = config && configText(config, "logging", "file");
      const file = named?.kind === "text" ? named.text : undefined;
      if (file !== undefined) await this.#family(expandHome(file, this.#env), state.product, state.profile);
    }
    this.looked.push(
      `logging.file in ${state.configPaths.find((path) => path.includes(state.product)) ?? state.stateDir}`,
    );
  }

  async service(state: GatewayHome): Promise<void> {
    const folder = join(state.stateDir, "logs");
    const prefixes = PRODUCTS.map((product) => this.#env.variables[`${product.toUpperCase()}_LOG_PREFIX`]?.trim());
    const prefix = prefixes.find(Boolean) ?? "gateway";
    await this.#family(join(folder, `${prefix}.log`), state.product, state.profile);
    await this.#add(join(folder, `${prefix}.err.log`), state.product, state.profile);
  }

  /** Newer versions keep the launch agent's output with the other logs of a Mac. */
  async macService(): Promise<void> {
    const folder = join(this.#env.home, "Library", "Logs", "openclaw");
    for (const name of await this.#env.fs.list(folder).catch(() => [])) {
      const found = /^gateway(?:-([\w-]+?))?(?:\.err)?\.log$/.exec(name);
      if (found !== null) await this.#add(join(folder, name), "openclaw", found[1]);
    }
  }

  async rolling(folder: string): Promise<void> {
    this.looked.push(folder);
    for (const name of await this.#env.fs.list(folder).catch(() => [])) {
      const log = rollingLog(name);
      if (log !== undefined) await this.#add(join(folder, name), log.product, log.profile);
      else if (name === `${basename(folder)}.log`) await this.#add(join(folder, name), basename(folder), undefined);
    }
  }

  async #family(path: string, product: string, profile: string | undefined): Promise<void> {
    this.looked.push(path);
    for (const member of await logFamily(path, this.#env.fs)) await this.#add(member, product, profile);
  }

  async #add(path: string, product: string, profile: string | undefined): Promise<void> {
    const { fs } = this.#env;
    const facts = await fs.facts(path).catch(() => undefined);
    if (facts?.kind !== "file" || facts.size === 0) return;
    const key = await fs.real(path);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    // Two products may be one gateway that was renamed, or two: their lines tell.
    const group = profile === undefined ? product : `profile ${profile}`;
    this.sources.push(await fileSource(path, path, fs, { group, profile: profile ?? "" }));
  }
}

/** A log file that is there with its rotated and, where its name has a date, its other days' files; absolute paths. */
export async function logFamily(path: string, fs: SourceFs): Promise<readonly string[]> {
  const folder = join(path, "..");
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  const stem = dot <= 0 ? name : name.slice(0, dot);
  const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const dated = escape(stem).replace(/\d{4}-\d{2}-\d{2}|YYYY-MM-DD/, "\\d{4}-\\d{2}-\\d{2}");
  const extension = dot <= 0 ? "" : escape(name.slice(dot));
  const member = new RegExp(`^${dated}(?:\\.\\d+)?${extension}(?:\\.\\d+)?(?:\\.(?:gz|zst))?$`);
  const others = await fs.list(folder).catch(() => []);
  return others.filter((other) => member.test(other)).map((other) => join(folder, other));
}
