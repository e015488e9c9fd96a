/** From the options, the environment and the config to one gateway. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import path from "node:path";
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
import type { RawGatewayOptions } from "./options.ts";
import { Secret } from "./secret.ts";
import { readSecretFile } from "./secret-file.ts";
import { chooseTarget, type GatewayTarget, type TargetOptions } from "./target.ts";

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
