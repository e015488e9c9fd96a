import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { gatewayOptions, pickGatewayOptions, type RawGatewayOptions } from "../../src/gateway/options.ts";
import { resolveGatewayTarget } from "../../src/gateway/resolve-target.ts";
import { fakeIo } from "../cli/fake-io.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "options-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const io = (env: Record<string, string> = {}) => fakeIo({ homedir: folder, cwd: folder, env });

function put(name: string, text: string, mode = 0o600): void {
  writeFileSync(path.join(folder, name), text);
  chmodSync(path.join(folder, name), mode);
}

describe("the words", () => {
  const parse = (...words: string[]): RawGatewayOptions => {
    const command = gatewayOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
    return pickGatewayOptions(command.parse(words, { from: "user" }).opts());
  };

  test("none", () => expect(parse()).toEqual({}));

  test("all", () => {
    const words = [
      "--url",
      "u",
      "--token-file",
      "t",
      "--password-file",
      "p",
      "--tls-fingerprint",
      "f",
      "--allow-insecure",
      "--profile",
      "x",
    ];
    expect(parse(...words)).toEqual({
      url: "u",
      tokenFile: "t",
      passwordFile: "p",
      tlsFingerprint: "f",
      allowInsecure: true,
      profile: "x",
    });
  });

  test.each([
    ["--token", "a", "--token-file", "b"],
    ["--password", "a", "--password-file", "b"],
  ])("%s with %s %s %s is refused", (...words) => {
    expect(() => parse(...words)).toThrow(/cannot be used with/);
  });
});

describe("a secret's file", () => {
  test.each(["token", "token\n", "  token \r\n"])("%j", async (text) => {
    put("t", text);
    const { credentials } = await resolveGatewayTarget({ tokenFile: "t" }, io());
    expect(credentials[0]).toMatchObject({ source: "--token-file" });
    expect(credentials[0]?.token?.reveal()).toBe("token");
  });

  const bad: [string, () => void, RegExp][] = [
    ["that is not there", () => {}, /no such file: t/],
    ["that others can read", () => put("t", "hidden-one", 0o644), /can be read by others/],
    ["that the group can read", () => put("t", "hidden-one", 0o640), /can be read by others/],
    ["that is empty", () => put("t", "\n"), /is empty/],
    ["with two lines", () => put("t", "hidden-one\ntwo\n"), /more than one line/],
    ["that is a log", () => put("t", "x".repeat(20_000)), /too large/],
    ["that never ends", () => symlinkSync("/dev/zero", path.join(folder, "t")), /too large/],
    ["that is a folder", () => mkdirSync(path.join(folder, "t")), /it is a folder/],
  ];
  test.each(bad)("%s", async (_, make, message) => {
    make();
    const error: unknown = await resolveGatewayTarget({ passwordFile: "t" }, io()).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(UserError);
    const { message: text, help } = error as UserError;
    expect(text).toMatch(message);
    expect(`${text} ${help}`).not.toContain("hidden-one");
  });

  test("says how to mend what others can read", async () => {
    put("my token", "x", 0o644);
    await expect(resolveGatewayTarget({ tokenFile: "my token" }, io())).rejects.toMatchObject({
      help: "Mend it: chmod 600 'my token'",
    });
  });
});

test("an empty token is refused", async () => {
  await expect(resolveGatewayTarget({ token: " " }, io())).rejects.toThrow("--token is empty");
});

test("the state dir's .env counts as the environment", async () => {
  mkdirSync(path.join(folder, ".clawdbot"));
  put(".clawdbot/clawdbot.json", "{}");
  put(".clawdbot/.env", "CLAWDBOT_GATEWAY_TOKEN=of-file\n");
  const { credentials } = await resolveGatewayTarget({}, io());
  expect(credentials.map((it) => it.token?.reveal())).toEqual(["of-file"]);
});

test("a profile that is not here is an error, not another gateway", async () => {
  await expect(resolveGatewayTarget({ profile: "work" }, io())).rejects.toThrow("no config of a profile work");
});
