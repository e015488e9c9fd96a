import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { reportOf } from "./helpers/doctor.ts";
import { REAL_LOGS } from "./helpers/fixtures.ts";
import { everyForm } from "./helpers/forms.ts";
import { wrongsOf } from "./helpers/truth.ts";

const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-forms-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same real log, as every tool and person may hand it on. */
describe.each(REAL_LOGS.map((log) => [log.name, log] as const))("%s", (_name, log) => {
  const jsonl = readFileSync(path.join(log.folder, "gateway.jsonl"), "utf8");

  test.each(everyForm(jsonl).map((form) => [form.name, form] as const))("%s", async (_form, form) => {
    const file = path.join(mkdtempSync(path.join(folder, "form-")), form.fileName);
    writeFileSync(file, form.bytes);
    const { report } = await reportOf([file]);
    expect(wrongsOf(report, log.truth, jsonl)).toEqual([]);
  });
});
