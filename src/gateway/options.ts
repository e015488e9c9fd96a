/** The options by which a command reaches a gateway: shared by `reset` and `doctor --gateway`. */
import { type Command, Option } from "commander";

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
