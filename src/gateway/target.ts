/**
 * Which gateway is meant, and what opens it: from the options, the environment
 * and the gateway's own config, in the order of the gateway's own CLI (read in
 * the published 2026.1.24-3, 2026.2.26 and 2026.9.6). Pure.
 */
import { UserError } from "../errors.ts";
import { shellOperands } from "../escape.ts";
import { compareVersions } from "../gateway-version.ts";
import {
  type ConfigText,
  configText,
  configValue,
  type GatewayConfig,
  NEWEST_FIRST,
} from "../sources/gateway-config.ts";
import { type Credentials, Secret } from "./secret.ts";

export interface GatewayTarget {
  /** Without name, password, query or fragment. */
  readonly url: string;
  /** Who named the address: `--url`, a variable, a key of the config, or the default port. */
  readonly urlSource: string;
  /** To be tried in this order while the gateway says that they are wrong; at least one, maybe an empty one. */
  readonly credentials: readonly Credentials[];
  /** SHA-256 of the certificate to be expected instead of one that an authority vouches for; 64 hexadecimal digits. */
  readonly tlsFingerprint: string | undefined;
  /** The address is this machine's. It may still be a tunnel to another one. */
  readonly isLocal: boolean;
  /** The gateway's config on this machine; undefined where there is none, or where the address is not the config's. */
  readonly config: GatewayConfig | undefined;
  /** Why a token or a password that seems to be there was not used: told when the gateway asks for one. */
  readonly notes: readonly string[];
}

/** What the options give, files already read. */
export interface TargetOptions {
  readonly url: string | undefined;
  readonly token: Secret | undefined;
  readonly password: Secret | undefined;
  /** The option's name that gave the token or password, for errors. */
  readonly secretSource: string;
  readonly tlsFingerprint: string | undefined;
  readonly allowInsecure: boolean;
}

export interface TargetWorld {
  /** The environment, the state dir's `.env` included. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly config: GatewayConfig | undefined;
  /** IP addresses of this machine's own interfaces. */
  readonly ownAddresses: readonly string[];
  /** SHA-256 of the certificate that the local gateway serves, where its config turns TLS on. */
  readonly localFingerprint: string | undefined;
}

const DEFAULT_PORT = 18789;
const DEV_PORT = 19001;
/** From here on a profile without a port of its own gets one that is made of its name. */
const PROFILE_PORTS_SINCE = "2026.9.0";

/** @throws UserError where the address makes no sense or would send the secret in clear over a network */
export function chooseTarget(options: TargetOptions, world: TargetWorld): GatewayTarget {
  const configured = configuredAddress(world);
  const address = chooseAddress(options, world, configured);
  const url = parseAddress(address.text, address.source);
  const isLocal = isOwnHost(url.hostname, world.ownAddresses);
  if (url.protocol === "ws:" && !isLocal && !options.allowInsecure) throw insecure(url, address.source);
  const shown = showUrl(url);
  // A token of the config belongs to the config's gateway and goes nowhere else.
  const isConfigured = configured !== undefined && samePlace(parseAddress(configured.text, configured.source), url);
  const { credentials, notes } = chooseCredentials(options, world, isConfigured, address.source);
  const pinned = isConfigured
    ? (remotePin(world) ?? (url.protocol === "wss:" ? world.localFingerprint : undefined))
    : undefined;
  const fingerprint = options.tlsFingerprint ?? pinned;
  return {
    url: shown,
    urlSource: address.source,
    credentials,
    tlsFingerprint: fingerprint === undefined ? undefined : parseFingerprint(fingerprint),
    isLocal,
    config: isConfigured ? world.config : undefined,
    notes,
  };
}

interface Address {
  readonly text: string;
  readonly source: string;
}

function chooseAddress(options: TargetOptions, world: TargetWorld, configured: Address | undefined): Address {
  if (options.url !== undefined) return { text: options.url, source: "--url" };
  const fromEnv = variable(world, "GATEWAY_URL");
  if (fromEnv) return { text: fromEnv.text, source: fromEnv.name };
  if (configured) return configured;
  const path = world.config?.path ?? "the config";
  throw new UserError(
    `${path} says that the gateway is on another machine (gateway.mode "remote"), but not where`,
    "Set gateway.remote.url there, or give --url.",
  );
}

/** The address without options and `*_URL`: what the config's own secrets are for. */
function configuredAddress(world: TargetWorld): Address | undefined {
  const { config } = world;
  if (config && isRemote(config)) {
    const url = configText(config, "gateway", "remote", "url");
    if (url.kind === "unresolved") throw new UserError(url.why);
    return url.kind === "text" ? { text: url.text, source: `gateway.remote.url in ${config.path}` } : undefined;
  }
  const port = localPort(world);
  const scheme = config && configValue(config, "gateway", "tls", "enabled") === true ? "wss" : "ws";
  return { text: `${scheme}://${localHost(world)}:${port.number}`, source: port.source };
}

function isRemote(config: GatewayConfig): boolean {
  return configValue(config, "gateway", "mode") === "remote";
}

function localPort(world: TargetWorld): { number: number; source: string } {
  const { config } = world;
  const fromEnv = variable(world, "GATEWAY_PORT");
  // A container's form is `127.0.0.1:18789`.
  const number = Number(/^(?:.*:)?(\d+)$/.exec(fromEnv?.text ?? "")?.[1]);
  if (fromEnv && isPort(number)) return { number, source: fromEnv.name };
  const inConfig = config && configValue(config, "gateway", "port");
  if (config && isPort(inConfig)) return { number: inConfig, source: `gateway.port in ${config.path}` };
  const profile = config?.home.profile;
  if (profile === undefined) return { number: DEFAULT_PORT, source: "the default port" };
  return { number: profilePort(profile, config), source: `the default port of profile ${profile}` };
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_535;
}

function profilePort(profile: string, config: GatewayConfig | undefined): number {
  const touchedBy = config && configValue(config, "meta", "lastTouchedVersion");
  if (typeof touchedBy === "string" && compareVersions(touchedBy, PROFILE_PORTS_SINCE) >= 0) {
    // FNV-1a of the name, as the gateway does it.
    let hash = 2_166_136_261;
    for (const byte of new TextEncoder().encode(profile)) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
    return 20_000 + (hash % 40_000);
  }
  return profile === "dev" ? DEV_PORT : DEFAULT_PORT;
}

/** Where a gateway of this config listens: on loopback, unless it is bound to one address of this machine alone. */
function localHost({ config, ownAddresses }: TargetWorld): string {
  const bind = config && configValue(config, "gateway", "bind");
  if (bind === "tailnet") return ownAddresses.find(isTailnet) ?? "127.0.0.1";
  const custom = config && configValue(config, "gateway", "customBindHost");
  if (bind === "custom" && typeof custom === "string" && ownAddresses.includes(custom.trim())) return custom.trim();
  return "127.0.0.1";
}

/** 100.64.0.0/10, which Tailscale gives its machines. */
function isTailnet(address: string): boolean {
  const [first, second] = address.split(".").map(Number);
  return first === 100 && second !== undefined && second >= 64 && second < 128;
}

function parseAddress(text: string, source: string): URL {
  // The address of its web page is what people have at hand.
  const asSocket = text.trim().replace(/^http(?=s?:\/\/)/i, "ws");
  let url: URL;
  try {
    url = new URL(asSocket);
  } catch {
    // Not quoted: somebody may have pasted a token.
    throw new UserError(`${source} is no address`, "It should look like ws://127.0.0.1:18789 or wss://host.");
  }
  if ((url.protocol !== "ws:" && url.protocol !== "wss:") || url.hostname === "") {
    throw new UserError(
      `${source} is no address of a gateway`,
      "It should look like ws://127.0.0.1:18789 or wss://host.",
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UserError(
      `${source} holds more than an address: a name, a password or a token`,
      "Leave it out and give the token by --token-file or in OPENCLAW_GATEWAY_TOKEN.",
    );
  }
  return url;
}

function showUrl(url: URL): string {
  return url.href.replace(/\/$/, "");
}

/** Whether two addresses are one, `localhost` being 127.0.0.1. */
function samePlace(one: URL, other: URL): boolean {
  const place = (url: URL) => showUrl(url).replace("://localhost", "://127.0.0.1");
  return place(one) === place(other);
}

function isOwnHost(hostname: string, ownAddresses: readonly string[]): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host) || ownAddresses.includes(host);
}

function insecure(url: URL, source: string): UserError {
  return new UserError(
    `${showUrl(url)} (from ${source}) is on another machine and not encrypted: the token could be read on the way`,
    [
      "Use wss://, or an SSH tunnel to it:",
      `  ssh -N -L 18789:127.0.0.1:${url.port || "80"} ${shellOperands([url.hostname])}`,
      "--allow-insecure sends it anyway.",
    ].join("\n"),
  );
}

function remotePin({ config }: TargetWorld): string | undefined {
  if (!config || !isRemote(config)) return undefined;
  const pin = configText(config, "gateway", "remote", "tlsFingerprint");
  return pin.kind === "text" ? pin.text : undefined;
}

function parseFingerprint(text: string): string {
  const digits = text
    .replace(/^sha-?256\s*:?\s*/i, "")
    .replace(/[\s:]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new UserError("the certificate's fingerprint is no SHA-256: it should have 64 hexadecimal digits");
}

function chooseCredentials(
  options: TargetOptions,
  world: TargetWorld,
  isConfigured: boolean,
  urlSource: string,
): Pick<GatewayTarget, "credentials" | "notes"> {
  if (options.token || options.password) {
    return {
      credentials: [{ token: options.token, password: options.password, source: options.secretSource }],
      notes: [],
    };
  }
  const notes: string[] = [];
  const fromEnv = { token: fromVariable(world, "GATEWAY_TOKEN"), password: fromVariable(world, "GATEWAY_PASSWORD") };
  const kept = configCredentials(world.config, notes);
  if (!isConfigured && kept.some((it) => it.token ?? it.password)) {
    notes.push(`the token of ${world.config?.path} was not sent: ${urlSource} names another address`);
  }
  const [config, fallback] = isConfigured ? kept : [];
  // In remote mode the config's own token for the remote comes first, else the environment's.
  const order = world.config && isRemote(world.config) ? [config, fromEnv, fallback] : [fromEnv, config, fallback];
  const best = { token: firstOf(order, "token"), password: firstOf(order, "password") };
  // A forgotten variable should not hide what the config has.
  const other = { token: firstOf([config, fallback], "token"), password: firstOf([config, fallback], "password") };
  const all = [best, ...(isSame(best, other) || (!other.token && !other.password) ? [] : [other])];
  return { credentials: all.map(({ token, password }) => credentials(token, password)), notes };
}

interface Found {
  readonly secret: Secret;
  readonly source: string;
}

interface Pair {
  readonly token: Found | undefined;
  readonly password: Found | undefined;
}

/** The pair that the config is about, and the pair of its other side, which newer versions fall back to. */
function configCredentials(config: GatewayConfig | undefined, notes: string[]): readonly Pair[] {
  if (!config) return [];
  const pair = (side: "auth" | "remote"): Pair => ({
    token: foundIn(configText(config, "gateway", side, "token"), `gateway.${side}.token in ${config.path}`, notes),
    password: foundIn(
      configText(config, "gateway", side, "password"),
      `gateway.${side}.password in ${config.path}`,
      notes,
    ),
  });
  if (config.problem !== null) notes.push(config.problem);
  return isRemote(config) ? [pair("remote"), pair("auth")] : [pair("auth"), pair("remote")];
}

function foundIn(text: ConfigText, source: string, notes: string[]): Found | undefined {
  if (text.kind === "unresolved") notes.push(text.why);
  return text.kind === "text" ? { secret: new Secret(text.text), source } : undefined;
}

function fromVariable(world: TargetWorld, name: string): Found | undefined {
  const found = variable(world, name);
  return found && { secret: new Secret(found.text), source: found.name };
}

/** `OPENCLAW_X`, else by the older names of the product. */
function variable({ variables }: TargetWorld, name: string): { text: string; name: string } | undefined {
  for (const product of NEWEST_FIRST) {
    const full = `${product.toUpperCase()}_${name}`;
    const text = variables[full]?.trim();
    if (text) return { text, name: full };
  }
  return undefined;
}

function firstOf(pairs: readonly (Pair | undefined)[], key: keyof Pair): Found | undefined {
  return pairs.find((it) => it?.[key])?.[key];
}

function isSame(one: Pair, other: Pair): boolean {
  return (["token", "password"] as const).every((it) => one[it]?.secret.reveal() === other[it]?.secret.reveal());
}

function credentials(token: Found | undefined, password: Found | undefined): Credentials {
  const source = [token, password].flatMap((it) => it?.source ?? []).join(" and ");
  return { token: token?.secret, password: password?.secret, source: source || "nowhere" };
}
