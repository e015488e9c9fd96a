import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { maskSecrets } from "../src/secrets.ts";
import { SECRETS } from "./helpers/secrets.ts";

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
])("%s is no secret", (text) => {
  expect(masked(text)).toBe(text);
});
