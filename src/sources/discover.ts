/** This machine's gateways: where their logs are when the user names none. */
import { basename, isAbsolute, join, resolve } from "node:path";
import JSON5 from "json5";
import { asObject } from "../formats/text.ts";
import { rollingLog } from "./names.ts";
import { fileSource, type SourceEnv } from "./resolve.ts";
import type { Source } from "./source.ts";

export interface Discovered {
  /** Every source has the `group` of its gateway. */
  readonly sources: readonly Source[];
  /** All places that were looked at, for the error when there is nothing. */
  readonly looked: readonly string[];
}

const PRODUCTS = ["clawdbot", "moltbot", "openclaw"] as const;

/**
 * Finds the logs of the gateways on this machine: the config's `logging.file`,
 * the dated files under /tmp, the service's logs under the state directory.
 * A profile is a gateway of its own.
 */
export async function discoverLocalGateways(env: SourceEnv): Promise<Discovered> {
  const search = new Search(env);
  for (const state of await stateFolders(env)) {
    await search.config(state);
    await search.service(state);
  }
  for (const product of PRODUCTS) await search.rolling(join(env.tmp, product));
  await search.macService();
  return { sources: search.sources, looked: search.looked };
}

interface StateFolder {
  readonly path: string;
  readonly configs: readonly string[];
  readonly product: string;
  readonly profile: string | undefined;
}

async function stateFolders(env: SourceEnv): Promise<readonly StateFolder[]> {
  const folders = new Map<string, StateFolder>();
  const add = (path: string, product: string, profile: string | undefined, config?: string): void => {
    if (folders.has(path)) return;
    // A renamed gateway can live on in the folder of its old name, with either name's config.
    const configs = config === undefined ? PRODUCTS.map((name) => join(path, `${name}.json`)) : [config];
    folders.set(path, { path, configs, product, profile });
  };
  for (const product of PRODUCTS) {
    const prefix = product.toUpperCase();
    const override = setting(env, `${prefix}_STATE_DIR`);
    const config = setting(env, `${prefix}_CONFIG_PATH`);
    const path = override === undefined ? join(env.home, `.${product}`) : expandHome(override, env);
    const profile = profileOf(setting(env, `${prefix}_PROFILE`));
    add(path, product, profile, config === undefined ? undefined : expandHome(config, env));
  }
  // `--profile NAME` keeps its state in a folder beside the main one.
  for (const name of await env.fs.list(env.home).catch(() => [])) {
    const found = /^\.(clawdbot|moltbot|openclaw)-([\w-]+)$/.exec(name);
    if (found !== null) add(join(env.home, name), found[1] as string, profileOf(found[2]));
  }
  return [...folders.values()];
}

function setting(env: SourceEnv, name: string): string | undefined {
  const value = env.variables[name]?.trim();
  return value === "" ? undefined : value;
}

function profileOf(name: string | undefined): string | undefined {
  return name === undefined || name.toLowerCase() === "default" ? undefined : name;
}

function expandHome(path: string, env: SourceEnv): string {
  const expanded = path.replace(/^~(?=$|[\\/])/, env.home);
  return isAbsolute(expanded) ? expanded : resolve(env.cwd, expanded);
}

class Search {
  readonly sources: Source[] = [];
  readonly looked: string[] = [];
  readonly #seen = new Set<string>();
  readonly #env: SourceEnv;

  constructor(env: SourceEnv) {
    this.#env = env;
  }

  async config(state: StateFolder): Promise<void> {
    for (const config of state.configs) {
      const file = await this.#configuredFile(config);
      if (file !== undefined) await this.#family(expandHome(file, this.#env), state.product, state.profile);
    }
    this.looked.push(`logging.file in ${state.configs.find((config) => config.includes(state.product)) ?? state.path}`);
  }

  async service(state: StateFolder): Promise<void> {
    const folder = join(state.path, "logs");
    const prefix =
      PRODUCTS.map((product) => setting(this.#env, `${product.toUpperCase()}_LOG_PREFIX`)).find(Boolean) ?? "gateway";
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

  async #configuredFile(path: string): Promise<string | undefined> {
    const facts = await this.#env.fs.facts(path).catch(() => undefined);
    if (facts?.kind !== "file") return undefined;
    try {
      const text = new TextDecoder().decode(await this.#env.fs.readRange(path, 0, facts.size));
      const file = asObject(asObject(JSON5.parse(text))?.["logging"])?.["file"];
      return typeof file === "string" && file.trim() !== "" ? file.trim() : undefined;
    } catch {
      // A broken config is the gateway's to complain about; the usual places remain.
      return undefined;
    }
  }

  /** A log file with its rotated and, where its name has a date, its other days' files. */
  async #family(path: string, product: string, profile: string | undefined): Promise<void> {
    this.looked.push(path);
    const folder = join(path, "..");
    const name = path.slice(folder.length + 1);
    const dot = name.lastIndexOf(".");
    const stem = dot <= 0 ? name : name.slice(0, dot);
    const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const dated = escape(stem).replace(/\d{4}-\d{2}-\d{2}|YYYY-MM-DD/, "\\d{4}-\\d{2}-\\d{2}");
    const extension = dot <= 0 ? "" : escape(name.slice(dot));
    const member = new RegExp(`^${dated}(?:\\.\\d+)?${extension}(?:\\.\\d+)?(?:\\.(?:gz|zst))?$`);
    for (const other of await this.#env.fs.list(folder).catch(() => [])) {
      if (member.test(other)) await this.#add(join(folder, other), product, profile);
    }
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
