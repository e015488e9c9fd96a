import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";

import type { Report } from "../../src/model.ts";
import { html } from "../../src/reporters/html.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";

/** A page in the browser, with all that it did beside being shown. */
export interface Opened {
  readonly page: Page;
  readonly url: string;
  /** Addresses that were asked for, the page's own among them; not what its policy stopped. */
  readonly requests: readonly string[];
  /** Errors, console messages, and rules of its policy that it broke. */
  readonly complaints: readonly string[];
}

export function pageOf(report: Report, options: Partial<RenderOptions> = {}): string {
  return html.render(report, {
    width: 80,
    colorLevel: 0,
    timeZone: "UTC",
    verbose: false,
    quiet: false,
    allRuns: false,
    since: null,
    until: null,
    ascii: false,
    ...options,
  });
}

export async function openPage(browser: Browser, text: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-page-"));
  const file = path.join(folder, "page.html");
  writeFileSync(file, text);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.once("close", () => rmSync(folder, { recursive: true, force: true }));
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("requestfailed", (request) => {
    if (request.failure()?.errorText === "csp") requests.splice(requests.indexOf(request.url()), 1);
  });
  page.on("console", (message) => {
    // About what countPixels does, not the page.
    if (!message.text().startsWith("Canvas2D: Multiple readback")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(`document.addEventListener("securitypolicyviolation", (it) => {
    console.log("policy: " + it.violatedDirective);
  })`);
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await settled(page);
  return { page, url, requests, complaints };
}

/** Until what was asked for has been drawn. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** Milliseconds that the picture shows from left to right. */
export async function shownSpan(page: Page): Promise<number> {
  await settled(page);
  const text = (await page.locator("#range").textContent()) ?? "";
  const [, from = "", to = ""] = /^Shown: (.+?) to (.+?) UTC/.exec(text) ?? [];
  const ms = (it: string) => Date.parse(`${it.includes(" ") ? it.replace(" ", "T") : `2026-01-28T${it}`}Z`);
  return ms(to) - ms(from);
}

/** A place of the picture, found as a person does: by what the tip says there. */
export async function findInPicture(page: Page, text: string): Promise<{ x: number; y: number }> {
  const place = await page.evaluate<{ x: number; y: number } | null>(`(() => {
    const canvas = document.querySelector("#canvas");
    const box = canvas.getBoundingClientRect();
    for (let y = box.top + 40; y < box.bottom; y += 6) {
      for (let x = box.left + 200; x < box.right; x += 4) {
        canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y }));
        if (document.querySelector("#tip").textContent.includes(${JSON.stringify(text)})) return { x, y };
      }
    }
    return null;
  })()`);
  if (!place) throw new Error(`nothing in the picture says ${text}`);
  // What was found by events of ours must be there for a real pointer, too.
  await page.mouse.move(place.x, place.y);
  if (!(await page.locator("#tip").textContent())?.includes(text)) throw new Error(`the pointer finds no ${text}`);
  return place;
}

/** Pixels of the picture that have one of the style sheet's colours. */
export async function countPixels(page: Page, color: string): Promise<number> {
  await settled(page);
  return await page.evaluate(`(() => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue("--${color}").trim();
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    const canvas = document.querySelector("#canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
    }
    return count;
  })()`);
}
