import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { maskSecrets } from "../src/secrets.ts";
import { SECRETS } from "./helpers/secrets.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

const masked = (text: string): string => maskSecrets(text, () => "[secret-1]");

describe("a secret", () => {
  test.each(SECRETS)("$name is masked wherever it stands", ({ text, secret }) => {
    for (const around of [
      text,
      `x ${text} y`,
      `"${text}"`,
      `agent:main:${text}`,
      `(${text})`,
      `a=1,${text};`,
      `\n${text}\n`,
      JSON.stringify({ message: text }),
      JSON.stringify({ inner: JSON.stringify({ message: text }) }),
    ]) {
      expect(masked(around)).not.toContain(secret);
      expect(masked(around)).toContain("[secret-1]");
    }
  });

  test.each(SECRETS)("$name: masked twice is masked once", ({ text }) => {
    const once = masked(`x ${text} y`);
    expect(masked(once)).toBe(once);
  });

  test("in any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom(...SECRETS), (before, after, it) => {
        // A letter before or behind may make it a part of another word.
        expect(masked(`${before} ${it.text} ${after}`)).not.toContain(it.secret);
      }),
    );
  });
});

describe("a secret of any length is masked to its last character", () => {
  // Put together here, so that no scanner takes this file for a leak.
  const PRIVATE = "PRIVATE";
  const made = (length: number): string => "aZ9bY8".repeat(Math.ceil(length / 6)).slice(0, length);
  test.each([
    ["a key", "x sk-", ", y"],
    ["another service's", "x hf_", ", y"],
    ["a pair", "password=", ", y"],
    ["quoted", '{"token":"', '"}'],
    ["quoted in JSON in JSON", '{"a":"{\\"token\\":\\"', '\\"}"}'],
    ["cut in its quotes", "secret: '", ""],
    ["cookies", "cookie: ", "\ny"],
    ["an option", "--password ", " y"],
    ["bearer", "sent Bearer ", " y"],
    ["a URL's password", "wss://ann:", "@example.org"],
    ["a URL's user", "wss://", "@example.org"],
    ["a webhook", "https://hooks.slack.com/services/", " y"],
    ["a JWT", "x eyJ", ".aaaa.bbbb"],
    ["a private key", `-----BEGIN RSA ${PRIVATE} KEY-----`, "-----END RSA PRIVATE KEY----- y"],
    ["a private key, cut", `-----BEGIN RSA ${PRIVATE} KEY-----`, ""],
    ["an invitation", "https://signal.group/#", " y"],
  ])("%s", (_, before, after) => {
    for (const length of [24, 1_000, 100_000]) {
      const result = masked(before + made(length) + after);
      expect(result).toContain("[secret-1]");
      expect(result).not.toMatch(/aZ9|bY8/);
      expect(result.length).toBeLessThan(80);
    }
    // And for one of ten, where the shape takes one that short.
    if (/[=:"'/ ]$/.test(before) && !/URL's user|webhook/.test(_))
      expect(masked(before + made(10) + after)).not.toContain(made(10));
  });
});

describe("what stands beside a secret", () => {
  test.each([
    // What is none does not hide the next one.
    ['"token":"not set; password=hunter2"', '"token":"not set; password=[secret-1]"'],
    ["password: Authorization: Basic hunter22", "password: [secret-1] Basic [secret-1]"],
    ["token=no:hunter2", "token=[secret-1]"],
    // An object has names of its own.
    ['{"credentials":{"token":"abc","port":1}}', '{"credentials":{"token":"[secret-1]","port":1}}'],
    // JSON stays JSON.
    ['{"password":"a\\\\","b":1}', '{"password":"[secret-1]","b":1}'],
    ['{"a":"password=\\"x y\\"","b":1}', '{"a":"password=\\"[secret-1]\\"","b":1}'],
    ['{"a":"token: \\"cut","b":1}', '{"a":"token: \\"[secret-1]","b":1}'],
    ["password=(abc) and more", "password=[secret-1]) and more"],
    ["https://a:b@c/d?token=e&f=g", "https://a:[secret-1]@c/d?token=[secret-1]&f=g"],
  ])("%s", (text, expected) => {
    expect(masked(text)).toBe(expected);
  });
});

test("nothing in the real logs is taken for one: their makers had none, but ids, hashes, keys and addresses", () => {
  const taken: string[] = [];
  let lines = 0;
  for (const file of readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })) {
    if (!/\.(?:log|jsonl|json|gz)$/.test(file)) continue;
    const bytes = readFileSync(path.join(FIXTURES, file));
    for (const line of (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().split("\n")) {
      lines += 1;
      maskSecrets(line, (secret) => taken.push(`${file}: ${secret}`).toString());
    }
  }
  expect(taken).toEqual([]);
  expect(lines).toBeGreaterThan(20_000);
});

test.each([
  "12cbe357-0c24-4be7-9d80-13e3c2b0aa12",
  "run 12cbe357 on main",
  "agent:main:telegram:123456789:12cbe357-0c24-4be7-9d80-13e3c2b0aa12",
  "agent:main:wa:49170123456@s.whatsapp.net",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "2026-01-28T08:23:20.123Z",
  "risk-assessment-of-2026-planning",
  "disk-usage-monitoring-2026-weekly",
  "claude-sonnet-4-5-20250929",
  "anthropic/claude-opus-4",
  "http://127.0.0.1:18870/__clawdbot__/canvas/",
  "ws://127.0.0.1:18789 (PID 4711)",
  "unauthorized: gateway token mismatch",
  "token: missing",
  "tokens: 4096, maxTokens=1000, totalTokens: 20000",
  "token=1234",
  "password: null",
  "OPENCLAW_GATEWAY_TOKEN is not set",
  "basic auth is off",
  "the bearer is unknown",
  "agent:main:whatsapp:+491701234567",
  "agent:main:discord:channel:123456789012345678",
  "agent:main:matrix:!room:example.org",
  "agent:main:subagent:12cbe357-0c24-4be7-9d80-13e3c2b0aa12",
  "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
  "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "call_9f86d081884c7d659a2feaa0",
  "clawdbot gateway --token-file ~/token --session-key agent:main:main",
  "use --token or --password",
  "hf_hub_download_with_retries",
  "https://signal.org and https://whatsapp.com/android",
  "see https://t.me/openclaw",
  "ws://[::1]:18789, agent:main:wa:491701234567@s.whatsapp.net",
])("%s is no secret", (text) => {
  expect(masked(text)).toBe(text);
});
