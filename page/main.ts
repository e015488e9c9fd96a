/** Puts the page together. What it shows is in the element `data`; it asks for nothing else. */
import type { RunState } from "../src/model.ts";
import { unpackData } from "../src/reporters/html/data.ts";
import type { PackedData, PageData } from "../src/reporters/html/data.ts";
import { MARK_TEXT, STATES_BY_WEIGHT } from "../src/reporters/picture/model.ts";
import type { Bar, Picture, Row } from "../src/reporters/picture/model.ts";
import { spanText } from "../src/words.ts";
import { Chart } from "./chart.ts";
import { keyboard, pointer } from "./controls.ts";
import { Details, findingBlock } from "./details.ts";
import { byId } from "./dom.ts";
import { legend, repaint, stateFilter } from "./legend.ts";
import { Table } from "./tables.ts";
import { Times } from "./time.ts";
import { announce, countOf, runName, stateText, tookText } from "./words.ts";

/** Beyond these a run's own panel tells what was found about it. */
const FINDINGS = 200;

const data = unpackData(JSON.parse(byId("data").textContent) as PackedData);
head(data);
findingsList(data);
if (data.picture) start(data, data.picture);
else byId("range").textContent = "The log gives no times, so there is nothing to draw.";

function head({ tool, label, verdict, sentences, read }: PageData): void {
  document.body.classList.add(verdict === "clean" ? "good" : "bad");
  const [first = "", ...more] = sentences;
  byId("label").textContent = label;
  byId("sentence").textContent = first;
  byId("more").textContent = more.join(" ");
  byId("read").textContent = `Read ${read}`;
  byId("tool").textContent = `Made by ${tool}`;
}

function findingsList({ findings }: PageData): void {
  const more = findings.length - FINDINGS;
  byId("findings").append(
    ...findings.slice(0, FINDINGS).map(findingBlock),
    ...(findings.length === 0 ? ["None."] : []),
    ...(more > 0 ? [`… and ${more.toLocaleString("en-US")} more, each with its run`] : []),
  );
}

function start({ findings, timeZone }: PageData, picture: Picture): void {
  const times = new Times(timeZone, ...allTimes(picture));
  let states: ReadonlySet<RunState> = new Set(STATES_BY_WEIGHT);
  const search = byId("search") as HTMLInputElement;
  const box = byId("chart");
  const canvas = byId("canvas") as HTMLCanvasElement;
  const chart = new Chart(box, canvas, byId("room"), picture, times, { states, search: "" });
  const details = new Details(picture, findings, times, () => box.focus());
  const rowOf = new Map(picture.rows.flatMap((row) => row.bars.map((bar) => [bar, row] as const)));
  const sessions = new Table("sessions", "session", [
    "Session",
    "State",
    "Held since",
    "Silent",
    "Messages waiting",
    "Runs",
  ]);
  const runs = new Table("runs", "run", ["Run", "Session", "State", "Started", "Took", "Line"]);
  const notes = notesOf(picture);
  // Two gateways may have a session of one name each.
  const nameOf = (row: Row): string => {
    const log = picture.logs.length > 1 ? picture.logs.find((it) => it.log === row.log) : undefined;
    return `${row.names[0] ?? row.name}${log ? ` (${log.name})` : ""}`;
  };

  const tell = (bar: Bar, focus: boolean): void => {
    const row = rowOf.get(bar);
    if (!row) return;
    chart.choose(bar);
    details.show(bar, row, focus);
  };
  chart.onView = (from, to) => {
    byId("range").textContent = [`Shown: ${times.stamp(from)} to ${times.stamp(to)} ${timeZone}`, ...notes].join(". ");
  };
  const refill = (): void => {
    chart.filter({ states, search: search.value });
    const lines = chart.layout.rows;
    sessions.fill(
      lines.map(
        ({ row }) =>
          () =>
            sessionCells(row, nameOf(row), times),
      ),
    );
    const bars = lines.flatMap((line) => line.bars.map((bar) => ({ bar, row: line.row })));
    runs.fill(
      bars.map(
        ({ bar, row }) =>
          () =>
            runCells(bar, nameOf(row), times, () => tell(bar, true)),
      ),
    );
    byId("status").textContent = `${countOf(bars.length, "run")} of ${countOf(lines.length, "session")} shown`;
  };
  stateFilter(picture, (chosen) => {
    states = chosen;
    refill();
  });
  search.addEventListener("input", refill);
  refill();
  legend(picture);
  repaint();
  new Table("marks", "event", ["Time", "What", "Gateway"]).fill(
    picture.marks.map((mark) => () => [
      { text: times.exact(mark.at) },
      { text: MARK_TEXT[mark.kind] },
      {
        text: `${picture.logs.find((it) => it.log === mark.log)?.name ?? ""}${mark.pid === null ? "" : `, PID ${mark.pid}`}`,
      },
    ]),
  );
  keyboard(
    chart,
    box,
    details,
    (bar) => {
      const row = rowOf.get(bar);
      if (row) byId("status").textContent = announce(bar, row, times);
    },
    tell,
  );
  pointer(chart, box, canvas, times, tell);
  byId("zoom-in").addEventListener("click", () => chart.zoomBy(2));
  byId("zoom-out").addEventListener("click", () => chart.zoomBy(0.5));
  byId("zoom-all").addEventListener("click", () => chart.showAll());
  printing(chart);
}

/** From the first to the last moment that is told anywhere: `--since` cuts the picture, and not what is told of a run. */
function allTimes({ from, to, rows, marks }: Picture): [from: number, to: number] {
  let [first, last] = [from, to];
  const see = (time: number): void => {
    first = Math.min(first, time);
    last = Math.max(last, time);
  };
  for (const { bars, heldSince } of rows) {
    if (heldSince !== null) see(heldSince);
    for (const bar of bars) {
      see(bar.queuedAt ?? bar.from);
      see(bar.silentTo ?? bar.to);
    }
  }
  for (const mark of marks) see(mark.at);
  return [first, last];
}

/** What the picture does not show, said beside it. */
function notesOf({ leftOut, undated }: Picture): string[] {
  const notes: string[] = [];
  if (leftOut) {
    notes.push(
      `${leftOut.runs.toLocaleString("en-US")} older completed runs are left out (the grey part): choose a shorter time with --since`,
    );
  }
  if (undated > 0) notes.push(`${undated} runs have no time in the log and are not drawn`);
  return notes;
}

function sessionCells(row: Row, name: string, times: Times) {
  return [
    name,
    row.state ?? "not known",
    row.heldSince === null ? "" : times.exact(row.heldSince),
    row.silenceMs === null ? "" : spanText(row.silenceMs),
    row.waitingAtLeast === 0 ? "" : waitingText(row, times),
    String(row.bars.length),
  ].map((text) => ({ text }));
}

function waitingText({ waitingAtLeast, waitingSince }: Row, times: Times): string {
  const since = waitingSince.slice(0, 10).map((it) => times.stamp(it));
  return `${waitingAtLeast} or more${since.length === 0 ? "" : `, came at ${since.join(", ")}`}`;
}

function runCells(bar: Bar, name: string, times: Times, onClick: () => void) {
  return [
    { text: runName(bar), onClick },
    { text: name },
    { text: stateText(bar) },
    { text: `${bar.startUnseen ? "before " : ""}${times.exact(bar.from)}` },
    { text: tookText(bar) },
    { text: `${bar.path}:${bar.line}` },
  ];
}

function printing(chart: Chart): void {
  const paper = matchMedia("print");
  const change = (): void => {
    chart.print(paper.matches);
    repaint();
  };
  // Light and dark are watched by the chart itself; the legend only needs its colours anew.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  paper.addEventListener("change", change);
}
