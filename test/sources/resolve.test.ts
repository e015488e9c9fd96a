import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discoverLocalGateways } from "../../src/sources/discover.ts";
import { nodeFs } from "../../src/sources/fs.ts";
import { resolveInputs, type SourceEnv } from "../../src/sources/resolve.ts";

const LINE = "2026-01-28T08:23:20.101Z [ws] hello\n";
let root: string;
let env: SourceEnv;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sources-"));
  env = { fs: nodeFs, cwd: root, home: join(root, "home"), tmp: join(root, "tmp"), variables: {} };
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function paths(args: readonly string[]): Promise<{ found: string[]; errors: string[] }> {
  const { sources, errors } = await resolveInputs(args, env);
  return { found: sources.map((source) => source.path).sort(), errors: errors.map(({ error }) => error.message) };
}

describe("resolveInputs", () => {
  it("takes files as they are, each once", async () => {
    await put({ "a.log": LINE, "odd.name": "not a log" });
    await symlink(join(root, "a.log"), join(root, "link.log"));
    expect(await paths(["a.log", "./a.log", "link.log", "odd.name"])).toEqual({
      found: ["a.log", "odd.name"],
      errors: [],
    });
  });

  it("says in one line what is missing, and takes the rest", async () => {
    await put({ "a.log": LINE });
    expect(await paths(["gone.log", "a.log", "no/*.log"])).toEqual({
      found: ["a.log"],
      errors: ["no such file: gone.log", "no file matches no/*.log"],
    });
  });

  it("finds the logs in a folder and nothing else", async () => {
    await put({
      "f/console.log": LINE,
      "f/gateway.log.1": LINE,
      "f/openclaw-2026-01-28.2.log": LINE,
      "f/job/1_Run.txt": `2026-01-28T08:23:20.1234567Z ${LINE}`,
      "f/abc-json.log":
        '{"log":"2026-01-28T08:23:20.101Z [ws] hello\\n","stream":"stdout","time":"2026-01-28T08:23:20.101234567Z"}\n',
      "f/truth.json": '{"version":"1"}',
      "f/notes.txt": "buy milk\n",
      "f/empty.log": "",
      "f/state/agents/main/sessions/sessions.json": "{}",
      "f/sessions.json": "{}",
      "f/5cdc6cdf-3555-4295-acf4-8a4aa3452242.jsonl": LINE,
      "f/5cdc6cdf-3555-4295-acf4-8a4aa3452242.jsonl.lock": LINE,
      "f/image.png": LINE,
      "g/notes.txt": "buy milk\n",
    });
    expect(await paths(["f"])).toEqual({
      found: ["f/abc-json.log", "f/console.log", "f/gateway.log.1", "f/job/1_Run.txt", "f/openclaw-2026-01-28.2.log"],
      errors: [],
    });
    expect(await paths(["g"])).toEqual({ found: [], errors: ["no gateway log in folder g"] });
  });

  it("expands what the shell did not, and prefers a file with that very name", async () => {
    await put({ "l/a-1.log": LINE, "l/a-2.log": LINE, "l/a-[1].log": LINE, "l/b.txt": LINE });
    expect((await paths(["l/a-?.log"])).found).toEqual(["l/a-1.log", "l/a-2.log"]);
    expect((await paths(["l/a-[1].log"])).found).toEqual(["l/a-[1].log"]);
    expect((await paths([join(root, "l/*.txt")])).found).toEqual([join(root, "l/b.txt")]);
  });

  it("reads standard input once", async () => {
    expect((await paths(["-"])).errors).toEqual(["nothing is piped to standard input"]);
    const { sources } = await resolveInputs(["-", "-"], { ...env, stdin: (async function* () {})() });
    expect(sources.map(({ path, reopenable }) => [path, reopenable])).toEqual([["-", false]]);
  });

  it("knows the profile that a file's name tells", async () => {
    await put({ "openclaw-2026-01-28.log": LINE, "openclaw-work-2026-01-28.log": LINE });
    const { sources } = await resolveInputs(["openclaw-2026-01-28.log", "openclaw-work-2026-01-28.log"], env);
    expect(sources.map((source) => source.profile)).toEqual([undefined, "work"]);
  });
});

describe("discoverLocalGateways", () => {
  async function discovered(): Promise<[string, string | undefined][]> {
    const { sources } = await discoverLocalGateways(env);
    return sources
      .map((source): [string, string | undefined] => [source.path.slice(root.length + 1), source.group])
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }

  it("finds the dated files, rotated ones and profiles, and the service's logs", async () => {
    await put({
      "tmp/clawdbot/clawdbot-2026-01-28.log": LINE,
      "tmp/openclaw/openclaw-2026-09-05.log": LINE,
      "tmp/openclaw/openclaw-2026-09-06.log": LINE,
      "tmp/openclaw/openclaw-2026-09-06.1.log": LINE,
      "tmp/openclaw/openclaw-work-2026-09-06.log": LINE,
      "tmp/openclaw/other.txt": LINE,
      "home/.openclaw/logs/gateway.log": LINE,
      "home/.openclaw/logs/gateway.err.log": LINE,
      "home/.openclaw/logs/gateway-restart.log": LINE,
      "home/.openclaw-work/logs/gateway.log": LINE,
    });
    expect(await discovered()).toEqual([
      ["home/.openclaw-work/logs/gateway.log", "profile work"],
      ["home/.openclaw/logs/gateway.err.log", "openclaw"],
      ["home/.openclaw/logs/gateway.log", "openclaw"],
      ["tmp/clawdbot/clawdbot-2026-01-28.log", "clawdbot"],
      ["tmp/openclaw/openclaw-2026-09-05.log", "openclaw"],
      ["tmp/openclaw/openclaw-2026-09-06.1.log", "openclaw"],
      ["tmp/openclaw/openclaw-2026-09-06.log", "openclaw"],
      ["tmp/openclaw/openclaw-work-2026-09-06.log", "profile work"],
    ]);
  });

  it("follows the config's logging.file, with comments and a home sign in it", async () => {
    await put({
      "home/.clawdbot/clawdbot.json": "{ // mine\n logging: { file: '~/logs/gw.log', }, }",
      "home/logs/gw.log": LINE,
      "home/logs/gw.1.log": LINE,
      "home/logs/gw-other.log": LINE,
    });
    expect(await discovered()).toEqual([
      ["home/logs/gw.1.log", "clawdbot"],
      ["home/logs/gw.log", "clawdbot"],
    ]);
  });

  it("obeys the variables, and says where it looked when there is nothing", async () => {
    await put({
      "elsewhere/c.json5": `{logging:{file:"${join(root, "elsewhere", "x.log")}"}}`,
      "elsewhere/x.log": LINE,
      "state/logs/gateway.log": LINE,
    });
    env = {
      ...env,
      variables: { OPENCLAW_CONFIG_PATH: join(root, "elsewhere/c.json5"), OPENCLAW_STATE_DIR: join(root, "state") },
    };
    expect((await discovered()).map(([path]) => path)).toEqual(["elsewhere/x.log", "state/logs/gateway.log"]);
    const { sources, looked } = await discoverLocalGateways({ ...env, variables: {} });
    expect(sources).toEqual([]);
    expect(looked).toContain(join(root, "tmp/clawdbot"));
    expect(looked).toContain(join(root, "home/.openclaw/logs/gateway.log"));
  });

  it("is not disturbed by a broken config", async () => {
    await put({ "home/.clawdbot/clawdbot.json": "{", "home/.clawdbot/logs/gateway.log": LINE });
    expect(await discovered()).toEqual([["home/.clawdbot/logs/gateway.log", "clawdbot"]]);
  });
});
