/** The page in a real browser: what it shows, how it is used, and that nothing else happens. */
import axe from "axe-core";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { openChromium } from "../helpers/chromium.ts";
import { reportOf } from "../helpers/doctor.ts";
import { SAMPLES } from "../reporters/sample-reports.ts";
import {
  barMasks,
  countPixels,
  findInPicture,
  fillsOfAFrame,
  openPage,
  pageOf,
  settled,
  shownSpan,
  uprights,
} from "./open-page.ts";
import { EVIL_NAMES, evilReport, manyRuns, shortRuns } from "./reports.ts";

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
});

const { report } = await reportOf(["fixtures/issue-3245/console.log"]);
const open = async (options = {}) => await openPage(browser, pageOf(report), options);

describe("the page of a real log", () => {
  test("opens from a file, asks for nothing and breaks no rule of its policy", async () => {
    const { page, url, requests, complaints } = await open();
    await page.locator("#chart").focus();
    for (const key of ["n", "Enter", "Escape", "+", "-", "0", "ArrowRight", "ArrowDown"])
      await page.keyboard.press(key);
    await settled(page);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows the blocked session", async () => {
    const { page } = await open();
    expect(await page.title()).toBe("BLOCKED - clawdbot-sessions");
    expect(await page.locator("h1").textContent()).toMatch(
      /^BLOCKED 1 of 2 sessions gets no answers: main, for 13 min/,
    );
    const cells = await page.locator("#sessions tbody tr").first().locator("td").allTextContents();
    expect(cells).toEqual([
      "main",
      "blocked",
      "07:38:27.200",
      "13 min 9 s",
      "2 or more, came at 07:38:34, 07:45:05",
      "2",
    ]);
    expect(await countPixels(page, "blocked-ground")).toBeGreaterThan(1000);
    expect(await countPixels(page, "orphaned")).toBeGreaterThan(100);
    expect(await countPixels(page, "waiting")).toBeGreaterThan(20);
    expect(await page.locator("#marks tbody tr").allTextContents()).toEqual([
      "07:38:19.381gateway upclawdbot, PID 20958",
      "07:38:27.562gateway restarts in the same processclawdbot, PID 20958",
    ]);
    await page.close();
  });

  test("says whose log it is, where a label says so", async () => {
    const { page } = await openPage(browser, pageOf({ ...report, labels: { host: "a1", region: "eu" } }));
    expect(await page.locator("#read").textContent()).toMatch(/console\.log; host a1; region eu$/);
    await page.close();
  });

  test("a click on a run tells its timeline", async () => {
    const { page } = await open();
    const { x, y } = await findInPicture(page, "run 12cbe357");
    await page.mouse.click(x, y);
    const details = page.locator("#details");
    expect(await details.locator("h3").textContent()).toBe("Run 12cbe357 of main");
    const story = await details.locator("ol.story li").allTextContents();
    expect(story[0]).toBe("07:38:27run started on fake/fake:29");
    expect(story).toContain("… 6 min 32 s of silence …");
    expect(story.at(-1)).toBe("07:51:35end of log");
    expect(await details.locator(".finding").first().textContent()).toContain("Send /stop:");
    await page.close();
  });

  test("a run that ended well has its moments, too", async () => {
    const { page } = await open();
    await page.locator("#runs tbody tr", { hasText: "completed" }).first().getByRole("button").click();
    const story = await page.locator("ol.story li").allTextContents();
    expect(story[0]).toMatch(/message queued$/);
    expect(story.at(-1)).toMatch(/run ended: completed$/);
    await page.close();
  });

  test("the keyboard alone goes to the run that did not end well and back", async () => {
    const { page } = await open();
    await page.locator("#chart").focus();
    await page.keyboard.press("n");
    expect(await page.locator("#status").textContent()).toMatch(
      /^main: run 12cbe357, orphaned \(restart\), silent for 13 min 9 s, started 07:38:27, no end seen$/,
    );
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("details-title");
    await page.keyboard.press("Escape");
    expect(await page.locator("#details").isVisible()).toBe(false);
    expect(await page.evaluate("document.activeElement.id")).toBe("chart");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#status").textContent()).toMatch(/^family-group: run .*completed/);
    await page.keyboard.press("ArrowUp");
    expect(await page.locator("#status").textContent()).toMatch(/^main: run/);
    await page.close();
  });

  test("zooms and moves by keyboard, buttons, wheel and drag", async () => {
    const { page } = await open();
    const all = await shownSpan(page);
    const box = await page.locator("#canvas").boundingBox();
    if (!box) throw new Error("no picture");
    const middle = [box.x + box.width / 2, box.y + 60] as const;
    const range = async () => await settled(page).then(() => page.locator("#range").textContent());

    await page.locator("#chart").focus();
    await page.keyboard.press("+");
    const byKey = await shownSpan(page);
    expect(byKey).toBeLessThan(all);
    await page.getByRole("button", { name: "Zoom in" }).click();
    const byButton = await shownSpan(page);
    expect(byButton).toBeLessThan(byKey);
    await page.mouse.move(...middle);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const byWheel = await shownSpan(page);
    expect(byWheel).toBeLessThan(byButton);

    const before = await range();
    await page.mouse.down();
    await page.mouse.move(middle[0] + 150, middle[1], { steps: 5 });
    await page.mouse.up();
    const dragged = await range();
    expect(dragged).not.toBe(before);
    expect(Math.abs((await shownSpan(page)) - byWheel)).toBeLessThanOrEqual(1000);
    await page.locator("#chart").focus();
    await page.keyboard.press("Shift+ArrowRight");
    expect(await range()).not.toBe(dragged);
    await page.keyboard.press("0");
    expect(await shownSpan(page)).toBe(all);
    await page.close();
  });

  test("filters by state and by session, in the picture and in the tables", async () => {
    const { page } = await open();
    expect(await countPixels(page, "completed")).toBeGreaterThan(0);
    await page.getByRole("checkbox", { name: /^completed/ }).uncheck();
    expect(await countPixels(page, "completed")).toBe(0);
    expect(await page.locator("#runs tbody tr").count()).toBe(1);
    expect(await page.locator("#status").textContent()).toBe("1 run of 1 session shown");
    await page.getByRole("checkbox", { name: /^completed/ }).check();
    await page.getByRole("searchbox", { name: "Session" }).fill("FAMILY");
    expect(await page.locator("#sessions tbody tr").count()).toBe(1);
    expect(await countPixels(page, "orphaned")).toBe(0);
    await page.close();
  });

  test("cut by --since, it still tells the day of a run that began before", async () => {
    const [first] = report.runs;
    if (!first) throw new Error("no run");
    const old = { ...first, queuedAt: null, startedAt: "2026-11-21T10:00:00.000Z" };
    const cut = pageOf({ ...report, runs: [old] }, { since: Date.parse("2026-11-23T07:40:00Z") });
    const { page } = await openPage(browser, cut);
    expect(await page.locator("#range").textContent()).toMatch(/^Shown: 2026-11-23 07:39:/);
    expect(await page.locator("#runs tbody td").nth(3).textContent()).toBe("2026-11-21 10:00:00.000");
    await page.close();
  });

  test("on paper it is light and whole, with no buttons", async () => {
    const sample = SAMPLES["lanes-exhausted"];
    if (!sample) throw new Error("no sample");
    const { page } = await openPage(browser, pageOf(sample), {
      colorScheme: "dark",
      viewport: { width: 1000, height: 500 },
    });
    const height = async () => (await page.locator("#canvas").boundingBox())?.height ?? 0;
    expect(await height()).toBeLessThan(400);
    await page.emulateMedia({ media: "print" });
    await settled(page);
    // 14 sessions, the gateway's line and the axis.
    expect(await height()).toBeGreaterThan(14 * 40);
    expect(await page.getByRole("button", { name: "Zoom in" }).isVisible()).toBe(false);
    expect(await page.getByRole("checkbox").first().isVisible()).toBe(false);
    expect(await page.locator("#states").isVisible()).toBe(true);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    const [corner] = await page.evaluate<number[]>(
      `[...document.querySelector("#canvas").getContext("2d").getImageData(2, 2, 1, 1).data]`,
    );
    expect(corner).toBe(255);
    await page.emulateMedia({ media: "screen" });
    await settled(page);
    expect(await height()).toBeLessThan(400);
    await page.close();
  });

  test("a screen reader is told all that the picture shows", async () => {
    const { page } = await open();
    const told = await page.locator("body").ariaSnapshot();
    for (const part of [
      'heading "BLOCKED 1 of 2 sessions gets no answers: main, for 13 min, 2+ messages waiting." [level=1]',
      'application "Timeline of the runs"',
      'row "main blocked 07:38:27.200 13 min 9 s 2 or more, came at 07:38:34, 07:45:05 2"',
      'row "07:38:27.562 gateway restarts in the same process clawdbot, PID 20958"',
      'row "12cbe357 main orphaned (restart), silent for 13 min 9 s 07:38:27.200 no end seen',
      "listitem: a message that still waits",
      'checkbox "orphaned (1)" [checked]',
    ])
      expect(told).toContain(part);
    // Keys choose what is then said; the picture itself is no text.
    await page.locator("#chart").focus();
    await page.keyboard.press("n");
    expect(await page.locator("body").ariaSnapshot()).toMatch(/- status: "?main: run 12cbe357, orphaned/);
    await page.close();
  });

  test("keeps to the colours that a person has forced", async () => {
    const { page } = await open({ forcedColors: "active", colorScheme: "dark" });
    await settled(page);
    const [red, green, blue] = await page.evaluate<number[]>(
      `[...document.querySelector("#canvas").getContext("2d").getImageData(2, 2, 1, 1).data]`,
    );
    expect([red, green, blue]).toEqual([0, 0, 0]);
    expect(await countPixels(page, "orphaned")).toBeGreaterThan(100);
    await page.close();
  });

  test("needs no sideways scrolling in a narrow window, and breaks no word there", async () => {
    const { page } = await open({ viewport: { width: 360, height: 700 } });
    expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
    // The tables scroll by themselves: a run takes three lines at most, to say its state.
    for (const row of await page.locator("#runs tbody tr").all()) {
      expect((await row.boundingBox())?.height).toBeLessThan(80);
    }
    await page.close();
  });
});

describe("nothing needs its colour", () => {
  test("the shortest bar shows its state's pattern, wherever it stands", async () => {
    const states = ["aborted", "failed", "timed-out", "orphaned", "open"] as const;
    const { page } = await openPage(browser, pageOf(shortRuns(states)), { viewport: { width: 1280, height: 4000 } });
    const masks = await barMasks(page, [...states, "completed"]);
    for (const state of states) {
      expect(masks[state]?.length, state).toBe(20);
      expect(new Set(masks[state]).size, state).toBe(1);
      // Not a plain block, as a completed run is.
      expect(masks[state]?.[0], state).toMatch(/ /);
    }
    expect(masks["completed"]?.join("")).not.toMatch(/ /);
    expect(new Set(Object.values(masks).map((all) => all[0])).size).toBe(6);
    await page.close();
  });

  test("a restart is a dashed line from top to bottom, a crash a whole one", async () => {
    const { page } = await openPage(browser, pageOf(manyRuns(200, 20)));
    expect(await uprights(page, "crash", 0.95)).toBe(4);
    expect(await uprights(page, "mark", 0.95)).toBe(0);
    expect(await uprights(page, "mark", 0.6)).toBe(8);
    await page.close();
  });
});

describe("axe finds nothing to complain about", () => {
  const check = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>("axe.run()");
    return violations.map((it) => `${it.id}: ${it.nodes.map(({ html }) => html).join(" ")}`);
  };

  test.each(["light", "dark"] as const)("%s", async (colorScheme) => {
    const { page } = await open({ colorScheme });
    expect(await check(page)).toEqual([]);
    await page.locator("#chart").focus();
    await page.keyboard.press("n");
    await page.keyboard.press("Enter");
    expect(await check(page)).toEqual([]);
    await page.close();
  });

  test.each(Object.keys(SAMPLES))("%s", async (name) => {
    const sample = SAMPLES[name];
    if (!sample) throw new Error(name);
    const { page, complaints } = await openPage(browser, pageOf(sample), { colorScheme: "dark" });
    expect(await check(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("a stranger's text", () => {
  test("stays text", async () => {
    const { page, url, requests, complaints } = await openPage(browser, pageOf(evilReport()));
    await page.locator("#chart").focus();
    for (let step = 0; step <= EVIL_NAMES.length; step += 1) {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.locator("#chart").focus();
    }
    await findInPicture(page, "run ");
    const names = await page.locator("#sessions tbody tr td:first-child").allTextContents();
    for (const name of EVIL_NAMES.filter((it) => /^[ -~]*$/.test(it))) expect(names).toContain(name);
    expect(names).toContain("\\u{202e}txt.exe");
    expect(names).toContain("line\\u{2028}break");
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(await page.locator("img, iframe, svg, script:not(#data)").count()).toBe(1);
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each([
    ["a script", "<script>window.pwned = 1</script>"],
    ["an event handler", "<img src=x onerror='window.pwned = 1'>"],
    ["a style", "<style>body { display: none }</style>"],
    ["an address", "<iframe src='https://example.org/'></iframe>"],
  ])("%s that got into the page would not run", async (_, markup) => {
    const text = pageOf(report).replace("<main>", () => `${markup}<main>`);
    const { page, url, requests, complaints } = await openPage(browser, text);
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(await page.locator("h1").isVisible()).toBe(true);
    expect(requests.filter((it) => it !== url)).toEqual([]);
    expect(complaints.some((it) => it.startsWith("policy: "))).toBe(true);
    await page.close();
  });
});

test("10,000 runs of 400 sessions: all there, and all of it still works", async () => {
  const { page, complaints } = await openPage(browser, pageOf(manyRuns(10_000, 400)));
  expect(await page.locator("#runs caption").textContent()).toBe("1 to 100 of 10,000 runs");
  await page.getByRole("button", { name: "Next runs" }).click();
  expect(await page.locator("#runs caption").textContent()).toBe("101 to 200 of 10,000 runs");
  expect(await countPixels(page, "completed")).toBeGreaterThan(1000);

  const all = await shownSpan(page);
  await page.locator("#chart").focus();
  for (let step = 0; step < 10; step += 1) await page.keyboard.press("+");
  expect(await shownSpan(page)).toBeLessThan(all / 10);
  await page.keyboard.press("0");

  await page.getByRole("checkbox", { name: /^completed/ }).uncheck();
  expect(await countPixels(page, "completed")).toBe(0);
  await page.locator("#chart").focus();
  await page.keyboard.press("p");
  await page.keyboard.press("Enter");
  expect(await page.locator("#details-title").textContent()).toMatch(/^Run r\d+ of room-\d+$/);
  // The last session's line was scrolled to.
  expect(await page.evaluate("document.querySelector('#chart').scrollTop")).toBeGreaterThan(1000);
  expect(complaints).toEqual([]);
  await page.close();
});

test("a frame's work follows what can be seen of the runs, not their number", async () => {
  const fills = async (runs: number, sessions: number): Promise<number> => {
    const { page } = await openPage(browser, pageOf(manyRuns(runs, sessions)));
    const count = await fillsOfAFrame(page);
    await page.close();
    return count;
  };
  const few = await fills(10_000, 20);
  // Four of five are left out, because others lie there already.
  expect(few).toBeLessThan(15_000);
  expect(await fills(40_000, 20)).toBeLessThan(few * 1.5);
  // Rows that are not scrolled to are not drawn.
  expect(await fills(10_000, 400)).toBeLessThan(few);
});
