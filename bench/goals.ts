/** The goals of the issue, held against what was measured. */
import { type Goal, LOG_CASES, START } from "./cases.ts";
import type { CaseOutcome, GoalOutcome, GrowthRow, RunsRow } from "./outcome.ts";
import type { Spread } from "./stats.ts";

const MIB = 1024 * 1024;
const MOST_PLAIN = 100 * MIB;
const MOST_PACKED = 150 * MIB;
const MOST_A_RUN = 2 * 1024;
/** How much more a byte may cost in a log of ten times the size; the machine's noise is within. */
const LINEAR = 1.25;
/** The collector's mood is within. */
const CONSTANT = 1.2;
/** In smaller logs the start weighs more than the reading. */
const LEAST_FOR_GROWTH = 100e6;

export interface Measured {
  readonly cases: readonly CaseOutcome[];
  readonly growth: readonly GrowthRow[];
  readonly runs: readonly RunsRow[];
}

export function judge(measured: Measured): GoalOutcome[] {
  const ratios = [
    ...LOG_CASES.map((it) => ({ name: it.name, title: it.title, goals: it.goals })),
    { name: "start", title: START.title, goals: [{ against: START.peerName, most: START.most }] satisfies Goal[] },
  ].flatMap(({ name, title, goals }) =>
    goals.map((goal) =>
      ratioGoal(
        title,
        goal,
        measured.cases.find((it) => it.name === name),
      ),
    ),
  );
  return [
    ...ratios,
    ...memoryGoals(measured),
    openRunGoal(measured),
    ...growthGoals(measured.growth),
    ...answerGoals(measured.runs),
  ];
}

function ratioGoal(title: string, goal: Goal, outcome: CaseOutcome | undefined): GoalOutcome {
  const ratio = outcome?.rows.find((row) => row.name === goal.against)?.ratio;
  return {
    what: title,
    goal: `≤ ${goal.most.toFixed(1)} × \`${goal.against}\`${goal.isStretch ? " (stretch)" : ""}`,
    measured: ratio ? showRatio(ratio) : "not measured",
    met: !ratio
      ? "unknown"
      : ratio.median > goal.most
        ? "not met"
        : ratio.most > goal.most
          ? "met, but not in every round"
          : "met",
  };
}

export function showRatio({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

function memoryGoals({ cases }: Measured): GoalOutcome[] {
  const isPacked = (it: CaseOutcome): boolean => it.name === "gzip" || it.name === "zstd";
  return [
    peakGoal(
      "peak memory, plain",
      MOST_PLAIN,
      cases.filter((it) => !isPacked(it)),
    ),
    peakGoal("peak memory, compressed", MOST_PACKED, cases.filter(isPacked)),
  ];
}

function peakGoal(what: string, most: number, cases: readonly CaseOutcome[]): GoalOutcome {
  const peaks = cases.flatMap((it) => ({ name: it.name, peak: it.rows[0]?.peak }));
  const known = peaks.filter((it): it is { name: string; peak: number } => it.peak !== undefined);
  const worst = known.toSorted((a, b) => b.peak - a.peak)[0];
  return {
    what,
    goal: `≤ ${most / MIB} MiB`,
    measured: worst ? `${showMib(worst.peak)} MiB (${worst.name})` : "not measured",
    met: !worst ? "unknown" : worst.peak <= most ? "met" : "not met",
  };
}

export function showMib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

/** What an open run adds to what the same reading takes without one. */
function openRunGoal({ cases, runs }: Measured): GoalOutcome {
  const goal = { what: "memory of an open run", goal: `≤ ${MOST_A_RUN / 1024} KiB` };
  const open = runs.find((it) => it.title.includes("open"));
  const base = cases.find((it) => it.name === "text")?.rows[0]?.peak;
  if (open?.peak === undefined || base === undefined) return { ...goal, measured: "not measured", met: "unknown" };
  const each = (open.peak - base) / open.runs;
  return {
    ...goal,
    measured: `${(each / 1024).toFixed(2)} KiB`,
    met: open.wrong === undefined && each <= MOST_A_RUN ? "met" : "not met",
  };
}

/** By the least times: what disturbs a round only adds to it. */
function growthGoals(rows: readonly GrowthRow[]): GoalOutcome[] {
  const inTime = { what: "growth in time", goal: `linear: a byte of the last tenfold ≤ ${LINEAR} × one of the first` };
  const inMemory = { what: "growth in memory", goal: `none: ≤ ${CONSTANT} × over the last tenfold` };
  const unknown = (why: string): GoalOutcome[] =>
    [inTime, inMemory].map((goal) => ({ ...goal, measured: why, met: "unknown" }));
  const [small, middle, large] = rows;
  if (!small || !middle || !large) return unknown("not measured");
  if (large.bytes < LEAST_FOR_GROWTH) return unknown("too small to tell");
  const slope = (a: GrowthRow, b: GrowthRow): number => (b.ms.least - a.ms.least) / (b.bytes - a.bytes);
  const [first, last] = [slope(small, middle), slope(middle, large)];
  const isNoise = first <= 0 || last <= 0;
  return [
    isNoise
      ? { ...inTime, measured: "too noisy to tell", met: "unknown" }
      : { ...inTime, measured: (last / first).toFixed(2), met: last / first <= LINEAR ? "met" : "not met" },
    middle.peak === undefined || large.peak === undefined
      ? { ...inMemory, measured: "not measured", met: "unknown" }
      : {
          ...inMemory,
          measured: (large.peak / middle.peak).toFixed(2),
          met: large.peak / middle.peak <= CONSTANT ? "met" : "not met",
        },
  ];
}

function answerGoals(runs: readonly RunsRow[]): GoalOutcome[] {
  return runs.map((it) => ({
    what: it.title,
    goal: "do not break it",
    measured: it.wrong ?? `right, ${(it.ms / 1000).toFixed(1)} s`,
    met: it.wrong === undefined ? "met" : "not met",
  }));
}
