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

/** The bars of a picture with a run a row, by state: a letter for each pixel of its colour, a space for any other. */
export async function barMasks(page: Page, states: readonly string[]): Promise<Readonly<Record<string, string[]>>> {
  await settled(page);
  return await page.evaluate(`(() => {
    const style = getComputedStyle(document.documentElement);
    const canvas = document.querySelector("#canvas");
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = {};
    for (const state of ${JSON.stringify(states)}) {
      const hex = style.getPropertyValue("--" + state).trim();
      const color = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      const is = (x, y) => color.every((it, index) => data[(y * width + x) * 4 + index] === it);
      found[state] = [];
      // Below the axis and the gateway's line, a row is 26 pixels high.
      for (let top = 50; top + 26 <= canvas.height; top += 26) {
        const ys = Array.from({ length: 24 }, (_, index) => top + index);
        const xs = Array.from({ length: width - 200 }, (_, index) => 200 + index);
        const own = xs.filter((x) => ys.some((y) => is(x, y)));
        const high = ys.filter((y) => own.some((x) => is(x, y)));
        if (own.length === 0) continue;
        const lines = [];
        for (let y = high[0]; y <= high.at(-1); y += 1) {
          let line = "";
          for (let x = own[0]; x <= own.at(-1); x += 1) line += is(x, y) ? "#" : " ";
          lines.push(line);
        }
        found[state].push(lines.join("/"));
      }
    }
    return found;
  })()`);
}

/** Lines down through the whole picture that have this colour in at least that part of their pixels. */
export async function uprights(page: Page, color: string, part: number): Promise<number> {
  await settled(page);
  return await page.evaluate(`(() => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue("--${color}").trim();
    const rgb = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    const canvas = document.querySelector("#canvas");
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const isLine = (x) => {
      let own = 0;
      for (let y = 50; y < height - 4; y += 1)
        if (rgb.every((it, index) => data[(y * width + x) * 4 + index] === it)) own += 1;
      return own >= ${part} * (height - 54);
    };
    let lines = 0;
    for (let x = 1; x < width; x += 1) if (isLine(x) && !isLine(x - 1)) lines += 1;
    return lines;
  })()`);
}

/** How often one drawing of the whole picture fills a piece of it. */
export async function fillsOfAFrame(page: Page): Promise<number> {
  await settled(page);
  await page.evaluate(`(() => {
    const prototype = CanvasRenderingContext2D.prototype;
    const { fillRect } = prototype;
    window.fills = 0;
    prototype.fillRect = function (...place) {
      window.fills += 1;
      return fillRect.apply(this, place);
    };
  })()`);
  await page.evaluate("document.querySelector('#zoom-all').click()");
  await settled(page);
  return await page.evaluate("window.fills");
}
