/**
 * `npm run bench:page`: does the page of `--format html` stay smooth with 10,000
 * runs? Zooms, drags and scrolls in a real Chromium as a hand does, and prints
 * how far apart its frames were.
 */
import type { Page } from "playwright-core";

import { openChromium } from "../test/helpers/chromium.ts";
import { openPage, pageOf } from "../test/page/open-page.ts";
import { manyRuns } from "../test/page/reports.ts";

const RUNS = 10_000;
const STEPS = 100;
/** Pixels, from the picture's corner. */
const PLACE = { x: 600, y: 200 };

const browser = await openChromium();
try {
  for (const sessions of [20, 400]) {
    const { page } = await openPage(browser, pageOf(manyRuns(RUNS, sessions)));
    console.log(`${RUNS.toLocaleString("en-US")} runs of ${sessions} sessions, milliseconds from frame to frame:`);
    await play(page);
    await page.close();
  }
} finally {
  await browser.close();
}

async function play(page: Page): Promise<void> {
  const box = await page.locator("#canvas").boundingBox();
  if (!box) throw new Error("no picture");
  const [x, y] = [box.x + PLACE.x, box.y + PLACE.y];
  const { mouse, keyboard } = page;
  await mouse.move(x, y);
  await measure(page, "zoom", async (step) => {
    if (step === 0) await keyboard.down("Control");
    await mouse.wheel(0, step < STEPS / 2 ? -60 : 60);
    if (step === STEPS - 1) await keyboard.up("Control");
  });
  await page.getByRole("button", { name: "Zoom in" }).click();
  await mouse.move(x, y);
  await measure(page, "drag", async (step) => {
    if (step === 0) await mouse.down();
    await mouse.move(x + (step < STEPS / 2 ? step : STEPS - step) * 5, y);
    if (step === STEPS - 1) await mouse.up();
  });
  await measure(page, "scroll", async (step) => await mouse.wheel(0, step < STEPS / 2 ? 150 : -150));
}

/** @param move one small movement of the hand; the next comes a frame later */
async function measure(page: Page, name: string, move: (step: number) => Promise<void>): Promise<void> {
  await page.evaluate(`(() => {
    window.spans = [];
    window.goesOn = true;
    let before = performance.now();
    const next = (now) => {
      window.spans.push(now - before);
      before = now;
      if (window.goesOn) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })()`);
  for (let step = 0; step < STEPS; step++) {
    await move(step);
    await page.waitForTimeout(16);
  }
  const frames = await page.evaluate<number[]>("((window.goesOn = false), window.spans)");
  const sorted = frames.slice(1).toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(0) ?? "-";
  console.log(
    `  ${name.padEnd(7)} median ${at(0.5)}, 95 of 100 within ${at(0.95)}, longest ${at(1)} (${sorted.length} frames)`,
  );
}
