import { execFileSync, spawnSync } from "node:child_process";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  escapeGithubData,
  escapeGithubLine,
  escapeGithubProperty,
  escapeHtmlJson,
  escapeJson,
  escapeTerminal,
  quoteShell,
  shellOperands,
} from "../src/escape.ts";
import { againCommand } from "../src/repair/plan.ts";
import { anyText, HARMFUL } from "./reporters/any-text.ts";

describe("terminal", () => {
  test.each([
    ["plain text, ünï, 日本, 🎉", "plain text, ünï, 日本, 🎉"],
    ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["\u009b2J", "\\x9b2J"],
    ["a\nb\tc\r", "a\\x0ab\\x09c\\x0d"],
    ["\u202eabc\u2069", "\\u{202e}abc\\u{2069}"],
    ["a\u200bb\ufeff\u00ad", "a\\u{200b}b\\u{feff}\\xad"],
    ["\u{e0041}\u2028", "\\u{e0041}\\u{2028}"],
    ["\ud800x", "\\u{d800}x"],
  ])("%j", (text, escaped) => {
    expect(escapeTerminal(text)).toBe(escaped);
  });

  test("no text keeps what acts", () => {
    fc.assert(fc.property(anyText, (text) => !HARMFUL.test(escapeTerminal(text))));
  });
});

describe("JSON", () => {
  test("no text keeps what acts, and every value survives", () => {
    fc.assert(
      fc.property(anyText, anyText, (key, text) => {
        const value = { [key]: [text] };
        const json = escapeJson(JSON.stringify(value, null, 2));
        expect(json.replaceAll("\n", "")).not.toMatch(HARMFUL);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("JSON in a page", () => {
  test.each(["</script><script>alert(1)</script>", "<!--<script>", "]]>", "&lt;", "a\u2028b\u2029c", "\ud800"])(
    "%j stays a value and ends nothing",
    (text) => {
      const json = escapeHtmlJson(JSON.stringify({ [text]: text }));
      expect(json).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(json)).toEqual({ [text]: text });
    },
  );
});

describe("GitHub", () => {
  test("data keeps newlines as %0A and cannot end the command", () => {
    expect(escapeGithubData("100%\r\n::error::x")).toBe("100%25%0A::error::x");
    expect(escapeGithubData("a\rb")).toBe("a\\x0db");
  });

  test("a property cannot begin another one", () => {
    expect(escapeGithubProperty("a,b:c%\nd")).toBe("a%2Cb%3Ac%25\\x0ad");
  });

  test("a plain line cannot be a command", () => {
    expect(escapeGithubLine("::set-env name=x::y")).not.toMatch(/^\s*::/);
    expect(escapeGithubLine("a ##[add-path]/evil")).not.toContain("##[");
  });

  test("no text keeps what acts", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const escape of [escapeGithubData, escapeGithubProperty, escapeGithubLine]) {
          expect(escape(text)).not.toMatch(HARMFUL);
        }
        expect(escapeGithubProperty(text)).not.toMatch(/[:,]/);
      }),
    );
  });
});

describe("shell", () => {
  test.each([
    ["main", "main"],
    ["agent:main:whatsapp:group:1@g.us", "agent:main:whatsapp:group:1@g.us"],
    ["", "''"],
    ["$(rm -rf ~)", "'$(rm -rf ~)'"],
    ["it's", "'it'\\''s'"],
    ["a\\b", "'a'\\\\'b'"],
    ["-rf", "'-rf'"],
    ["~", "'~'"],
    ["a\u0003\nb'\\", "$'a\\x03\\x0ab\\'\\\\'"],
    ["\u202e", "$'\\xe2\\x80\\xae'"],
  ])("%j", (text, quoted) => {
    expect(quoteShell(text)).toBe(quoted);
  });

  test("nothing that acts on a terminal is left", () => {
    fc.assert(fc.property(anyText, (text) => !HARMFUL.test(quoteShell(text))));
  });

  test("a name that begins with a hyphen is no option", () => {
    expect(shellOperands(["main"])).toBe("main");
    expect(shellOperands(["main", "--all-blocked"])).toBe("-- main '--all-blocked'");
    expect(againCommand(["-x"], " --force")).toBe("clawdbot-sessions reset --force -- '-x'");
    expect(againCommand(["main"], " --force")).toBe("clawdbot-sessions reset main --force");
  });

  test.each(["zsh", "fish"])("%s reads back what shows, and runs nothing of what acts", (shell) => {
    const texts = [
      "$(id)",
      "`id`",
      "it's",
      "a\\b",
      "~",
      "!!",
      "-rf",
      "; id",
      "a\nb",
      "(id)",
      "%self",
      "=ls",
      "{a,b}",
      "*",
    ];
    for (const text of texts) {
      const { stdout } = spawnSync(shell, ["-c", `printf '%s' ${quoteShell(text)}`], { encoding: "utf8" });
      // fish knows no `$'…'`, and refuses the whole command.
      if (shell === "fish" && text.includes("\n")) expect(stdout).toBe("");
      else expect(stdout).toBe(text);
    }
  });

  test("bash reads back the very text", () => {
    // One shell for all of them: a shell for each would take minutes.
    const texts = fc
      .sample(anyText, { numRuns: 300, seed: 3245 })
      .map((text) => text.replaceAll("\0", "").replaceAll(/\p{Cs}/gu, ""));
    const script = texts.map((text) => `printf '%s\\0' ${quoteShell(text)}`).join("\n");
    const output = execFileSync("bash", ["--norc", "-s"], { input: script, encoding: "utf8" });
    expect(output.split("\0").slice(0, -1)).toEqual(texts);
  });
});
