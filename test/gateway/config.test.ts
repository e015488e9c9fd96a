import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeFs } from "../../src/sources/fs.ts";
import {
  activeConfig,
  activeRunTimeoutMs,
  configText,
  configValue,
  configuredRunTimeoutMs,
  type GatewayConfig,
} from "../../src/sources/gateway-config.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "config-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const env = (variables: Record<string, string> = {}) => ({ fs: nodeFs, cwd: home, home, variables });

/** Writes a file below the home; objects as JSON. */
function put(name: string, content: string | object): string {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function active(variables: Record<string, string> = {}, profile?: string): Promise<GatewayConfig> {
  const config = await activeConfig(env(variables), profile);
  if (!config) throw new Error("no config");
  return config;
}

const OLD = ".clawdbot/clawdbot.json";
const NEW = ".openclaw/openclaw.json";

describe("which config", () => {
  const rows: [string, string[], Record<string, string>, string | undefined, string | undefined][] = [
    ["none", [], {}, undefined, undefined],
    ["2026.1.24-3's", [OLD], {}, undefined, OLD],
    ["moltbot's", [OLD, ".moltbot/moltbot.json"], {}, undefined, ".moltbot/moltbot.json"],
    ["today's before the older ones", [OLD, NEW], {}, undefined, NEW],
    [
      "today's folder with the older name's file",
      [".openclaw/clawdbot.json", OLD],
      {},
      undefined,
      ".openclaw/clawdbot.json",
    ],
    ["*_CONFIG_PATH", ["x.json", NEW], { CLAWDBOT_CONFIG_PATH: "~/x.json" }, undefined, "x.json"],
    [
      "*_CONFIG_PATH before *_STATE_DIR",
      ["x.json", "s/openclaw.json"],
      { OPENCLAW_CONFIG_PATH: "x.json", OPENCLAW_STATE_DIR: "s" },
      undefined,
      "x.json",
    ],
    ["*_STATE_DIR", ["s/openclaw.json", NEW], { OPENCLAW_STATE_DIR: "~/s" }, undefined, "s/openclaw.json"],
    [
      "today's variable before the older one",
      ["a.json", "b.json"],
      { CLAWDBOT_CONFIG_PATH: "a.json", OPENCLAW_CONFIG_PATH: "b.json" },
      undefined,
      "b.json",
    ],
    ["nothing else once a folder was named", [NEW], { OPENCLAW_STATE_DIR: "~/empty" }, undefined, undefined],
    ["OPENCLAW_HOME", [`other/${NEW}`, NEW], { OPENCLAW_HOME: "~/other" }, undefined, `other/${NEW}`],
    [
      "a profile of the environment",
      [".openclaw-work/openclaw.json", NEW],
      { OPENCLAW_PROFILE: "work" },
      undefined,
      ".openclaw-work/openclaw.json",
    ],
    ["profile default is the main one", [NEW], { OPENCLAW_PROFILE: "default" }, undefined, NEW],
    ["--profile", [".clawdbot-work/clawdbot.json", NEW], {}, "work", ".clawdbot-work/clawdbot.json"],
    ["--profile of nobody", [NEW], {}, "nobody", undefined],
  ];
  test.each(rows)("%s", async (_, files, variables, profile, expected) => {
    for (const file of files) put(file, {});
    const config = await activeConfig(env(variables), profile);
    expect(config && path.relative(home, config.path)).toBe(expected);
  });
});

describe("what it says", () => {
  test("is JSON5", async () => {
    put(NEW, "{ // a comment\n gateway: { port: 19_000, }, }".replace("_", ""));
    expect(configValue(await active(), "gateway", "port")).toBe(19_000);
  });

  test("a broken one is a config with a problem, which quotes nothing of it", async () => {
    put(NEW, '{ gateway: { auth: { token: "hidden-one" } ');
    const config = await active();
    expect(config.problem).toContain("cannot read");
    expect(config.problem).not.toContain("hidden-one");
    expect(config.values).toEqual({});
  });

  test("$include: lists one after the other, objects merged, its own word last", async () => {
    put(".openclaw/parts/a.json5", { gateway: { port: 1, auth: { token: "a" } }, list: [1] });
    put(".openclaw/b.json5", { gateway: { port: 2 }, list: [2] });
    put(NEW, { $include: ["./parts/a.json5", "./b.json5"], gateway: { bind: "lan" }, list: [3] });
    const { values } = await active();
    expect(values).toEqual({ gateway: { port: 2, auth: { token: "a" }, bind: "lan" }, list: [1, 2, 3] });
  });

  test("an $include that goes in a circle is a problem", async () => {
    put(NEW, { $include: "./openclaw.json" });
    expect((await active()).problem).toContain("circle");
  });

  const texts: [string, unknown, object][] = [
    ["a text", "plain", { kind: "text", text: "plain" }],
    ["a variable", "${A}", { kind: "text", text: "of a" }],
    ["a variable inside", "x-${A}-y", { kind: "text", text: "x-of a-y" }],
    ["an escaped one", "$${A}", { kind: "text", text: "${A}" }],
    ["a name that is none", "${lower} $A ${}", { kind: "text", text: "${lower} $A ${}" }],
    ["of the state dir's .env", "${B}", { kind: "text", text: "of .env" }],
    ["quoted in .env", "${C}", { kind: "text", text: "with # sign" }],
    ["of the config's own env", "${D}", { kind: "text", text: "of env" }],
    ["of the config's env.vars", "${E}", { kind: "text", text: "of vars" }],
    ["no text", 7, { kind: "absent" }],
    ["an empty one", " ", { kind: "absent" }],
  ];
  test.each(texts)("%s", async (_, value, expected) => {
    put(".openclaw/.env", "# comment\nA=not this one\nexport B=of .env # comment\nC='with # sign'\n");
    put(NEW, { x: value, env: { D: "of env", vars: { E: "of vars" } } });
    expect(configText(await active({ A: "of a" }), "x")).toEqual(expected);
  });

  test("a variable that is not set", async () => {
    put(NEW, { x: { y: "${NO_SUCH}" } });
    const text = configText(await active(), "x", "y");
    expect(text).toMatchObject({ kind: "unresolved", why: expect.stringContaining("x.y in ") as string });
  });
});

describe("the run timeout", () => {
  const timeout = (timeoutSeconds: unknown) => ({ agents: { defaults: { timeoutSeconds } } });

  test.each([
    [90, 90_000],
    [0, 1_000],
    [2.9, 2_000],
    ["90", undefined],
    [undefined, undefined],
  ])("%s is %s ms", async (value, ms) => {
    put(NEW, timeout(value));
    expect(configuredRunTimeoutMs(await active())).toBe(ms);
  });

  test("of this machine: where its gateways agree", async () => {
    put(OLD, timeout(90));
    expect(await activeRunTimeoutMs(env(), null)).toBe(90_000);
    put(".openclaw-work/openclaw.json", timeout(90));
    expect(await activeRunTimeoutMs(env(), null)).toBe(90_000);
    put(NEW, timeout(30));
    expect(await activeRunTimeoutMs(env(), null)).toBeUndefined();
    expect(await activeRunTimeoutMs(env(), "~/.clawdbot")).toBe(90_000);
  });
});
