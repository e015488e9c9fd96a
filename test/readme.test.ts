import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { main } from "../src/cli.ts";
import { fakeIo } from "./cli/fake-io.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const BLOCK = /<!-- test: (.+?) -->\n```text\n([\s\S]*?)```/g;

describe("the README", () => {
  const blocks = [...README.matchAll(BLOCK)].map(([, words, text]) => ({ words: words ?? "", text: text ?? "" }));

  test("shows real output", () => expect(blocks.length).toBeGreaterThan(0));

  test.each(blocks)("$words", async ({ words, text }) => {
    const io = fakeIo({ cwd: process.cwd(), timeZone: "UTC" });
    await main(words.split(" "), io);
    expect(io.out()).toBe(text);
  });
});
