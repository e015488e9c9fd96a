/**
 * A gateway reached through its own CLI (`openclaw gateway call METHOD`), where
 * the gateway knows that machine's device and not ours. Slow (some seconds a
 * call), with no events and no greeting: the last resort.
 */
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import type { Io } from "../io.ts";
import { NEWEST_FIRST, PRODUCTS } from "../sources/gateway-config.ts";
import { type Gateway, GatewayError } from "./gateway.ts";
import { connectRefused, requestRefused, unanswered, type Way } from "./refusals.ts";
import { withoutSecrets } from "./secret.ts";

/** How long the CLI may take beside the call itself: it loads for some seconds (ms). */
const START_MS = 20_000;
const LARGEST_OUTPUT_BYTES = 25 * 1024 * 1024;

/** The gateway's command on the PATH, today's name first; undefined where there is none. */
export async function findOwnCli(io: Pick<Io, "env">): Promise<string | undefined> {
  const folders = (io.env["PATH"] ?? "").split(path.delimiter).filter((it) => path.isAbsolute(it));
  for (const product of NEWEST_FIRST) {
    for (const folder of folders) {
      const file = path.join(folder, product);
      if (await isExecutable(file)) return file;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A gateway behind a command. Nothing is asked yet. */
export function ownCliGateway(
  command: string,
  way: Way,
  io: Pick<Io, "env" | "signal">,
  requestTimeoutMs: number,
): Gateway {
  return {
    url: way.url,
    version: null,
    methods: new Set(),
    stateDir: null,
    identity: `${path.basename(command)} gateway call`,
    request: (method, params, timeoutMs = requestTimeoutMs) => call(command, way, io, method, params, timeoutMs),
    // The command connects for one request only.
    onEvent: () => () => {},
    onEnd: () => () => {},
    close: async () => {},
  };
}

async function call(
  command: string,
  way: Way,
  io: Pick<Io, "env" | "signal">,
  method: string,
  params: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<unknown> {
  const words = [
    "gateway",
    "call",
    method,
    "--params",
    JSON.stringify(params),
    "--json",
    "--timeout",
    String(timeoutMs),
  ];
  const result = await execa(command, words, {
    env: childEnvironment(way, io.env),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    timeout: timeoutMs + START_MS,
    maxBuffer: LARGEST_OUTPUT_BYTES,
    cancelSignal: io.signal,
    stripFinalNewline: true,
  });
  if (result.timedOut) throw unanswered(method, timeoutMs);
  // Its log may stand before the answer.
  const answer = jsonAtEnd(result.stdout);
  if (result.exitCode === 0 && answer !== undefined) return answer;
  const said = withoutSecrets(
    lastWords(result.stderr) || lastWords(result.stdout) || result.shortMessage || "",
    way.credentials,
  );
  throw failure(method, said, way);
}

/** The address and the secrets go by the environment: everybody can read an argv. */
function childEnvironment(way: Way, env: Io["env"]): Record<string, string> {
  const child: Record<string, string> = { NO_COLOR: "1" };
  for (const [name, value] of Object.entries(env)) if (value !== undefined) child[name] = value;
  const token = way.credentials.token?.reveal();
  const password = way.credentials.password?.reveal();
  const port = new URL(way.url).port;
  for (const product of PRODUCTS) {
    const prefix = product.toUpperCase();
    if (token !== undefined) child[`${prefix}_GATEWAY_TOKEN`] = token;
    if (password !== undefined) child[`${prefix}_GATEWAY_PASSWORD`] = password;
    if (way.isLocal && port !== "") child[`${prefix}_GATEWAY_PORT`] = port;
  }
  // Since 2026.3.31; before, the port is all that can be named.
  if (!way.isLocal) child["OPENCLAW_GATEWAY_URL"] = way.url;
  return child;
}

function jsonAtEnd(text: string): unknown {
  const lines = text.split("\n");
  for (let start = lines.length - 1; start >= 0; start--) {
    if (!/^[[{]/.test(lines[start] ?? "")) continue;
    try {
      return JSON.parse(lines.slice(start).join("\n")) as unknown;
    } catch {
      // It begins further up.
    }
  }
  return undefined;
}

function lastWords(text: string): string {
  return (
    text
      .split("\n")
      .map((it) => it.trim())
      .findLast((it) => /error|gateway|missing|refused|unauthorized|failed/i.test(it)) ?? ""
  );
}

function failure(method: string, said: string, way: Way): GatewayError {
  const error = { code: undefined, message: said, details: {} };
  if (/ECONNREFUSED/.test(said))
    return new GatewayError("refused", `cannot reach a gateway at ${way.url}: nothing listens there`, false);
  if (/timeout/i.test(said)) return new GatewayError("timeout", `no answer to ${method}: ${said}`, true);
  if (/unauthorized|pairing|device identity|protocol mismatch/i.test(said)) return connectRefused(error, way);
  // "gateway closed (1006 …)": whether the request went out before is not told.
  if (/gateway closed/i.test(said))
    return new GatewayError("closed", `the gateway hung up during ${method}: ${said}`, true);
  return requestRefused(method, error, way);
}
