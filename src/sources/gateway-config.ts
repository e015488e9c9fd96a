/**
 * Where a gateway keeps its config and state, and what its config says: found
 * as the gateway's own CLI finds it (read in the published 2026.1.24-3 …
 * 2026.9.6). Only reads; what the gateway itself would refuse is no error here.
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import JSON5 from "json5";
import { asObject, type JsonObject } from "../formats/text.ts";
import { reason } from "./fs.ts";
import type { SourceEnv } from "./resolve.ts";

/** From the oldest name to today's. */
export const PRODUCTS = ["clawdbot", "moltbot", "openclaw"] as const;
export type Product = (typeof PRODUCTS)[number];
/** In which order the gateway itself looks. */
export const NEWEST_FIRST: readonly Product[] = PRODUCTS.toReversed();

/** What of the machine is asked. */
export type ConfigEnv = Pick<SourceEnv, "fs" | "cwd" | "home" | "variables">;

/** One gateway's place on this machine, whether or not there is anything in it. */
export interface GatewayHome {
  readonly product: Product;
  /** Undefined for the main one. */
  readonly profile: string | undefined;
  readonly stateDir: string;
  /** Where its config may be, best first. */
  readonly configPaths: readonly string[];
  /** The environment names this folder or its config, so no other is meant. */
  readonly isNamed: boolean;
}

export interface GatewayConfig {
  readonly home: GatewayHome;
  readonly path: string;
  /** The file as it stands, its `$include`s merged, variables not yet replaced. */
  readonly values: JsonObject;
  /** What `${NAME}` may name: the environment, then the state dir's `.env`, then the config's own `env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Why the file could not be understood; null if it could. */
  readonly problem: string | null;
}

/** A text of the config, its variables replaced; or why there is none although one is set. */
export type ConfigText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unresolved"; readonly why: string };

/** All gateways that this user may have here: the main ones, those that the environment names, and the profiles. */
export async function gatewayHomes(env: ConfigEnv): Promise<readonly GatewayHome[]> {
  const homes = new Map<string, GatewayHome>();
  for (const product of PRODUCTS) {
    const named = namedHome(product, env);
    // Only a named folder takes the place of the main one.
    for (const home of [named, named?.isNamed ? undefined : defaultHome(product, undefined, env)]) {
      if (home && !homes.has(home.stateDir)) homes.set(home.stateDir, home);
    }
  }
  // `--profile NAME` keeps its state in a folder beside the main one.
  for (const name of await env.fs.list(env.home).catch(() => [])) {
    const found = /^\.(clawdbot|moltbot|openclaw)-([\w-]+)$/.exec(name);
    if (found === null) continue;
    const home = defaultHome(found[1] as Product, profileName(found[2]), env);
    if (!homes.has(home.stateDir)) homes.set(home.stateDir, home);
  }
  return [...homes.values()];
}

/**
 * The config that the gateway's own CLI would take here: what the environment
 * names, else the first file there is, today's name before the older ones.
 *
 * @param profile as after `--profile`; undefined: none was asked for
 * @returns undefined where there is no config at all
 */
export async function activeConfig(env: ConfigEnv, profile?: string): Promise<GatewayConfig | undefined> {
  for (const home of candidates(env, profile)) {
    const config = await firstConfig(home, env);
    if (config !== undefined) return config;
    // The CLI does not look elsewhere once it was told where.
    if (home.isNamed) return undefined;
  }
  return undefined;
}

function candidates(env: ConfigEnv, profile: string | undefined): readonly GatewayHome[] {
  const wanted = profileName(profile);
  if (wanted !== undefined) return NEWEST_FIRST.map((product) => defaultHome(product, wanted, env));
  const named = NEWEST_FIRST.flatMap((product) => namedHome(product, env) ?? []);
  return [...named, ...NEWEST_FIRST.map((product) => defaultHome(product, undefined, env))];
}

/** The place that `*_CONFIG_PATH`, `*_STATE_DIR` or `*_PROFILE` names. */
function namedHome(product: Product, env: ConfigEnv): GatewayHome | undefined {
  const setting = (name: string) => nonEmpty(env.variables[`${product.toUpperCase()}_${name}`]);
  const config = setting("CONFIG_PATH");
  const state = setting("STATE_DIR");
  const profile = profileName(setting("PROFILE"));
  if (config === undefined && state === undefined && profile === undefined) return undefined;
  const base = defaultHome(product, profile, env);
  const stateDir = state === undefined ? base.stateDir : expandHome(state, env);
  const configPaths =
    config === undefined ? configNames(product).map((it) => join(stateDir, it)) : [expandHome(config, env)];
  return { product, profile, stateDir, configPaths, isNamed: config !== undefined || state !== undefined };
}

function defaultHome(product: Product, profile: string | undefined, env: ConfigEnv): GatewayHome {
  const home = nonEmpty(env.variables[`${product.toUpperCase()}_HOME`]);
  const folder = `.${product}${profile === undefined ? "" : `-${profile}`}`;
  const stateDir = join(home === undefined ? env.home : expandHome(home, env), folder);
  return {
    product,
    profile,
    stateDir,
    configPaths: configNames(product).map((it) => join(stateDir, it)),
    isNamed: false,
  };
}

/** A renamed gateway can live on in the folder of its old name, with either name's config. */
function configNames(product: Product): string[] {
  const names = product === "openclaw" ? NEWEST_FIRST : [product, ...NEWEST_FIRST.filter((it) => it !== product)];
  return names.map((name) => `${name}.json`);
}

function profileName(name: string | undefined): string | undefined {
  const trimmed = nonEmpty(name);
  return trimmed === undefined || trimmed.toLowerCase() === "default" ? undefined : trimmed;
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** An absolute path, `~` being the user's home. */
export function expandHome(path: string, env: Pick<ConfigEnv, "home" | "cwd">): string {
  const expanded = path.replace(/^~(?=$|[\\/])/, env.home);
  return isAbsolute(expanded) ? expanded : resolve(env.cwd, expanded);
}

/** @returns undefined where there is no such file; one that cannot be understood is a config with a `problem` */
export async function readConfig(path: string, home: GatewayHome, env: ConfigEnv): Promise<GatewayConfig | undefined> {
  const facts = await env.fs.facts(path).catch(() => undefined);
  if (facts?.kind !== "file") return undefined;
  let values: JsonObject = {};
  let problem: string | null = null;
  try {
    values = asObject(await readWithIncludes(path, env, [])) ?? {};
  } catch (error) {
    problem = `cannot read ${path}: ${reason(error)}`;
  }
  const dotEnv = await readDotEnv(join(home.stateDir, ".env"), env);
  return { home, path, values, variables: { ...configVariables(values), ...dotEnv, ...set(env.variables) }, problem };
}

/** A variable that is set to nothing counts as not set. */
function set(variables: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
}

const DEEPEST_INCLUDE = 10;

async function readWithIncludes(path: string, env: ConfigEnv, above: readonly string[]): Promise<unknown> {
  if (above.includes(path) || above.length >= DEEPEST_INCLUDE)
    throw new Error(`its $include of ${path} goes in a circle`);
  const text = new TextDecoder().decode(await readWhole(path, env));
  return await withIncludes(JSON5.parse<unknown>(text), path, env, [...above, path]);
}

async function withIncludes(value: unknown, path: string, env: ConfigEnv, above: readonly string[]): Promise<unknown> {
  const object = asObject(value);
  if (object === undefined) return value;
  const own: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(object)) {
    if (key !== "$include") own[key] = await withIncludes(inner, path, env, above);
  }
  let merged: unknown = {};
  for (const name of [object["$include"]].flat()) {
    if (typeof name === "string")
      merged = merge(merged, await readWithIncludes(resolve(dirname(path), name), env, above));
  }
  return merge(merged, own);
}

/** As the gateway merges: objects key by key, lists end to end, else the later one. */
function merge(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over)) return [...(under as unknown[]), ...(over as unknown[])];
  const [left, right] = [asObject(under), asObject(over)];
  if (left === undefined || right === undefined) return over;
  const merged: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) merged[key] = key in left ? merge(left[key], value) : value;
  return merged;
}

async function readWhole(path: string, env: ConfigEnv): Promise<Uint8Array> {
  const facts = await env.fs.facts(path);
  if (facts?.kind !== "file") throw new Error(`there is no file ${path}`);
  return await env.fs.readRange(path, 0, facts.size);
}

/** The state dir's `.env`, which the gateway and its CLI load below the environment. */
async function readDotEnv(path: string, env: ConfigEnv): Promise<Record<string, string>> {
  const text = await readWhole(path, env).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => "",
  );
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const found = /^(?:export\s+)?([\w.-]+)\s*=(.*)$/.exec(line.trim());
    if (found === null) continue;
    const [, name = "", rest = ""] = found;
    const raw = rest.trim();
    const value = quoted(raw) ?? (raw.split("#", 1)[0] ?? "").trimEnd();
    if (value !== "") variables[name] = value;
  }
  return variables;
}

/** What stands between the quotes that a value of `.env` begins and ends with; a comment may follow them. */
function quoted(raw: string): string | undefined {
  const quote = raw.charAt(0);
  if (raw.length < 2 || !"'\"`".includes(quote)) return undefined;
  if (raw.endsWith(quote)) return raw.slice(1, -1);
  const ends = [...raw.matchAll(/(['"`])\s+#/g)].filter((it) => it[1] === quote && it.index > 0);
  const end = ends.at(-1)?.index;
  return end === undefined ? undefined : raw.slice(1, end);
}

/** The config's own `env`, which newer versions set before they replace variables. */
function configVariables(values: JsonObject): Record<string, string> {
  const env = asObject(values["env"]) ?? {};
  const entries = [...Object.entries(asObject(env["vars"]) ?? {}), ...Object.entries(env)];
  return Object.fromEntries(
    entries.filter((it): it is [string, string] => typeof it[1] === "string" && it[1].trim() !== ""),
  );
}

/** The value under these keys as it stands in the file. */
export function configValue(config: GatewayConfig, ...keys: readonly string[]): unknown {
  let value: unknown = config.values;
  for (const key of keys) value = asObject(value)?.[key];
  return value;
}

/**
 * The text under these keys, with `${NAME}` replaced as the gateway does: only
 * names in capitals, `$${NAME}` stays as `${NAME}`. Newer configs may refer to
 * a secret that is kept elsewhere; only one in the environment can be had here.
 */
export function configText(config: GatewayConfig, ...keys: readonly string[]): ConfigText {
  const value = configValue(config, ...keys);
  const at = `${keys.join(".")} in ${config.path}`;
  const reference = asObject(value);
  if (reference !== undefined) return secretReference(reference, at, config);
  if (typeof value !== "string" || value.trim() === "") return { kind: "absent" };
  let missing: string | undefined;
  const text = value.replace(/\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g, (_, escaped: string, name: string) => {
    if (escaped !== "") return `\${${name}}`;
    const found = nonEmpty(config.variables[name]);
    if (found === undefined) missing ??= name;
    return found ?? "";
  });
  if (missing !== undefined) return { kind: "unresolved", why: `${at} names \${${missing}}, which is not set here` };
  return { kind: "text", text: text.trim() };
}

function secretReference(reference: JsonObject, at: string, config: GatewayConfig): ConfigText {
  const { source, id } = reference;
  if (source !== "env" || typeof id !== "string") {
    return { kind: "unresolved", why: `${at} refers to a secret that only the gateway can look up` };
  }
  const text = nonEmpty(config.variables[id]);
  return text === undefined
    ? { kind: "unresolved", why: `${at} refers to the variable ${id}, which is not set here` }
    : { kind: "text", text };
}

/**
 * `agents.defaults.timeoutSeconds` in milliseconds: how long the gateway lets a run
 * go on. Undefined where the config does not say; at least a second, as the gateway takes it.
 */
export function configuredRunTimeoutMs(config: GatewayConfig): number | undefined {
  const seconds = configValue(config, "agents", "defaults", "timeoutSeconds");
  return typeof seconds === "number" && Number.isFinite(seconds) ? Math.max(Math.floor(seconds), 1) * 1000 : undefined;
}

/**
 * The run timeout (ms) of the gateways whose logs this machine keeps; undefined
 * where no config says, or where several say different things.
 * @param stateDir of the gateway that is meant, as typed; null: all there are
 */
export async function activeRunTimeoutMs(env: ConfigEnv, stateDir: string | null): Promise<number | undefined> {
  const homes = stateDir === null ? await gatewayHomes(env) : [homeIn(expandHome(stateDir, env))];
  const timeouts = new Set<number | undefined>();
  for (const home of homes) {
    const config = await firstConfig(home, env);
    if (config) timeouts.add(configuredRunTimeoutMs(config));
  }
  return timeouts.size === 1 ? [...timeouts][0] : undefined;
}

function homeIn(stateDir: string): GatewayHome {
  const configPaths = configNames("openclaw").map((it) => join(stateDir, it));
  return { product: "openclaw", profile: undefined, stateDir, configPaths, isNamed: true };
}

async function firstConfig(home: GatewayHome, env: ConfigEnv): Promise<GatewayConfig | undefined> {
  for (const path of home.configPaths) {
    const config = await readConfig(path, home, env);
    if (config) return config;
  }
  return undefined;
}
