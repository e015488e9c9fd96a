import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { doctor } from "./helpers/doctor.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const BLOCK = /<!-- test: doctor (.+?) -->\n```text\n([\s\S]*?)```/g;

describe("the README", () => {
  const blocks = [...README.matchAll(BLOCK)].map(([, words, text]) => ({ words: words ?? "", text: text ?? "" }));

  test("shows real output", () => expect(blocks.length).toBeGreaterThan(0));

  test.each(blocks)("doctor $words", async ({ words, text }) => {
    expect((await doctor(words.split(" "))).out).toBe(text);
  });
});
