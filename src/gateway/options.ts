/** The options by which a command reaches a gateway, and what they come to: shared by `reset` and `doctor --gateway`. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../errors.ts";
import type { Io } from "../io.ts";
import { nodeFs } from "../sources/fs.ts";
import {
  activeConfig,
  type ConfigEnv,
  configText,
  configValue,
  expandHome,
  type GatewayConfig,
} from "../sources/gateway-config.ts";
import { Secret } from "./secret.ts";
import { readSecretFile } from "./secret-file.ts";
import { chooseTarget, type GatewayTarget, type TargetOptions } from "./target.ts";

/** What commander makes of the options; all of them texts as typed. */
export interface RawGatewayOptions {
  url?: string;
  token?: string;
  tokenFile?: string;
  password?: string;
  passwordFile?: string;
  tlsFingerprint?: string;
  allowInsecure?: true;
  profile?: string;
}

/** Names of these options as commander has them, to tell whether any was given. */
export const GATEWAY_OPTION_KEYS = [
  "url",
  "token",
  "tokenFile",
  "password",
  "passwordFile",
  "tlsFingerprint",
  "allowInsecure",
  "profile",
] as const satisfies readonly (keyof RawGatewayOptions)[];

/** Of a command's options those about the gateway; only what was given, so that an absent one stays absent. */
export function pickGatewayOptions(raw: RawGatewayOptions): RawGatewayOptions {
  return Object.fromEntries(GATEWAY_OPTION_KEYS.filter((key) => raw[key] !== undefined).map((key) => [key, raw[key]]));
}

/**
 * Adds the options to a command.
 * @param heading over them in its help
 */
export function gatewayOptions(command: Command, heading = "Reaching the gateway:"): Command {
  return command
    .optionsGroup(heading)
    .option("--url <url>", "its address (default: as its own CLI finds it, in the environment and its config)")
    .addOption(new Option("--token-file <file>", "a file with its token, which only you can read").conflicts("token"))
    .addOption(
      new Option("--token <token>", "its token; better in OPENCLAW_GATEWAY_TOKEN, for everybody here can see it"),
    )
    .addOption(new Option("--password-file <file>", "the same for its password").conflicts("password"))
    .addOption(new Option("--password <password>", "its password; better in OPENCLAW_GATEWAY_PASSWORD"))
    .option("--profile <name>", "the profile it runs under")
    .option("--tls-fingerprint <sha256>", "of its certificate, where no authority vouches for it")
    .option("--allow-insecure", "send the token unencrypted to another machine");
}

/**
 * Which gateway the options mean, and what opens it. Nothing is sent.
 * @throws UserError if they make no sense, or a secret's file can be read by others
 */
export async function resolveGatewayTarget(raw: RawGatewayOptions, io: Io): Promise<GatewayTarget> {
  const env: ConfigEnv = { fs: nodeFs, cwd: io.cwd, home: io.homedir, variables: io.env };
  const config = await activeConfig(env, raw.profile);
  if (raw.profile !== undefined && !config) {
    throw new UserError(`there is no config of a profile ${raw.profile} here`, "Give --url and --token-file instead.");
  }
  return chooseTarget(await targetOptions(raw, io), {
    // What the state dir's .env sets counts as if the environment did.
    variables: config?.variables ?? io.env,
    config,
    ownAddresses: Object.values(networkInterfaces()).flatMap(
      (it) => it?.map(({ address }) => address.toLowerCase()) ?? [],
    ),
    localFingerprint: config && (await localFingerprint(config, env)),
  });
}

async function targetOptions(raw: RawGatewayOptions, io: Io): Promise<TargetOptions> {
  const given = (text: string | undefined, option: string): Secret | undefined => {
    if (text === undefined) return undefined;
    if (text.trim() === "") throw new UserError(`${option} is empty`);
    return new Secret(text.trim());
  };
  const token =
    raw.tokenFile === undefined
      ? given(raw.token, "--token")
      : await readSecretFile("--token-file", raw.tokenFile, io.cwd);
  const password =
    raw.passwordFile === undefined
      ? given(raw.password, "--password")
      : await readSecretFile("--password-file", raw.passwordFile, io.cwd);
  const used: string[] = [];
  if (token) used.push(raw.tokenFile === undefined ? "--token" : "--token-file");
  if (password) used.push(raw.passwordFile === undefined ? "--password" : "--password-file");
  return {
    url: raw.url,
    token,
    password,
    secretSource: used.join(" and "),
    tlsFingerprint: raw.tlsFingerprint,
    allowInsecure: raw.allowInsecure ?? false,
  };
}

/** A gateway with TLS makes its own certificate; no authority vouches for it, but it lies in its state dir. */
async function localFingerprint(config: GatewayConfig, env: ConfigEnv): Promise<string | undefined> {
  if (configValue(config, "gateway", "tls", "enabled") !== true) return undefined;
  const named = configText(config, "gateway", "tls", "certPath");
  const file =
    named.kind === "text"
      ? expandHome(named.text, env)
      : path.join(config.home.stateDir, "gateway", "tls", "gateway-cert.pem");
  try {
    return new X509Certificate(await readFile(file)).fingerprint256;
  } catch {
    // Then an authority has to vouch for it, and the error of the connection says so.
    return undefined;
  }
}
