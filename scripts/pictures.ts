/**
 * `npm run pictures`: the README's pictures, made from a real log of fixtures/
 * by the page itself. Needs a Chromium, as the page's tests do.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { Browser } from "playwright-core";

import { doctor } from "../test/helpers/doctor.ts";
import { openChromium } from "../test/helpers/chromium.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const LOG = "fixtures/clawdbot-2026.1.24-3-c-lanes-exhausted/gateway.jsonl";

process.chdir(ROOT);
const { out } = await doctor([LOG, "--format", "html", "--utc"]);
const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-pictures-"));
const page = path.join(folder, "page.html");
writeFileSync(page, out);
mkdirSync("docs", { recursive: true });
const browser = await openChromium();
try {
  for (const scheme of ["light", "dark"] as const) await take(browser, scheme);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The picture with one run's timeline beside it. */
async function take(browser: Browser, colorScheme: "light" | "dark"): Promise<void> {
  const tab = await browser.newPage({ viewport: { width: 1160, height: 700 }, colorScheme });
  await tab.goto(pathToFileURL(page).href);
  await tab.locator("#chart").focus();
  await tab.keyboard.press("n");
  await tab.keyboard.press("Enter");
  // The frame of the keyboard is for the one who types.
  await tab.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await tab.screenshot({ path: `docs/picture-${colorScheme}.png` });
  await tab.close();
}
