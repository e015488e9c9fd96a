/** The panel that tells one run: its facts, its timeline, and what was found about it. */
import type { Finding } from "../src/model.ts";
import type { Bar, Picture, Row } from "../src/reporters/picture/model.ts";
import { heldText } from "../src/reporters/picture/words.ts";
import { spanText } from "../src/words.ts";
import { byId, element } from "./dom.ts";
import { findingsOf, storyOf } from "./story.ts";
import type { Moment } from "./story.ts";
import type { Times } from "./time.ts";
import { runName, stateText, tookText } from "./words.ts";

/** A pause of this length (ms) is said in words. */
const PAUSE = 60_000;

export class Details {
  readonly #panel = byId("details");
  readonly #title = byId("details-title");
  readonly #body = byId("details-body");
  readonly #picture: Picture;
  readonly #findings: readonly Finding[];
  readonly #times: Times;

  constructor(picture: Picture, findings: readonly Finding[], times: Times, onClose: () => void) {
    this.#picture = picture;
    this.#findings = findings;
    this.#times = times;
    byId("close").addEventListener("click", () => {
      this.close();
      onClose();
    });
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.close();
      onClose();
    });
  }

  /** @param focus where the keyboard asked for it: then the panel is where one goes on reading */
  show(bar: Bar, row: Row, focus: boolean): void {
    const findings = findingsOf(bar, this.#findings);
    this.#title.textContent = `Run ${runName(bar)} of ${row.name}`;
    this.#body.replaceChildren(
      this.#facts(bar, row),
      element("h4", {}, "Timeline"),
      this.#story(storyOf(bar, row, this.#picture, findings)),
      ...findings.map((it) => findingBlock(it)),
    );
    this.#panel.hidden = false;
    byId("stage").classList.add("with-details");
    if (focus) this.#title.focus();
    // Beside the picture it is in sight; below it, it may not be.
    if (this.#panel.getBoundingClientRect().top > window.innerHeight - 100)
      this.#panel.scrollIntoView({ block: "nearest" });
  }

  close(): void {
    this.#panel.hidden = true;
    byId("stage").classList.remove("with-details");
  }

  #facts(bar: Bar, row: Row): HTMLElement {
    const facts: [string, string | null][] = [
      ["State", `${stateText(bar)}; ${bar.confidence} confidence`],
      ["Run", bar.runId],
      ["Session", [row.names[0] ?? row.name, heldText(row, this.#picture)].filter((it) => it !== "").join(": ")],
      ["Started", bar.startUnseen ? `before ${this.#times.exact(bar.from)}` : this.#times.exact(bar.from)],
      ["Took", tookText(bar)],
      ["Waited", bar.queuedAt === null ? null : waitedText(bar.from - bar.queuedAt)],
      ["Attempts", bar.attempts > 1 ? String(bar.attempts) : null],
      ["Model", bar.model],
      ["Channel", bar.channel],
      ["Line", `${bar.path}:${bar.line}`],
    ];
    const list = element("dl");
    for (const [name, value] of facts) {
      if (value !== null) list.append(element("dt", {}, name), element("dd", {}, value));
    }
    return list;
  }

  #story(moments: readonly Moment[]): HTMLElement {
    const list = element("ol", { class: "story" });
    let before: number | null = null;
    for (const { at, text, place } of moments) {
      const pause: number = at !== null && before !== null ? at - before : 0;
      if (pause >= PAUSE) {
        list.append(element("li", {}, element("span", { class: "pause" }, `… ${spanText(pause)} of silence …`)));
      }
      const time = element("time", {}, at === null ? "" : this.#times.stamp(at));
      list.append(
        element("li", {}, time, element("span", {}, text), element("span", { class: "place" }, shortPlace(place))),
      );
      before = at ?? before;
    }
    return list;
  }
}

/** Mostly a blink; behind a run that hangs it is minutes. */
function waitedText(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : spanText(ms);
}

/** What was found, why, and what to do. */
export function findingBlock(finding: Finding): HTMLElement {
  return element(
    "div",
    { class: `finding ${finding.severity}` },
    element("p", {}, element("strong", {}, `${finding.severity} ${finding.code}: `), finding.message),
    ...(finding.help === "" ? [] : [element("p", {}, finding.help)]),
  );
}

/** `…/gateway.log:12` as `:12`: the file is told above. */
function shortPlace(place: string): string {
  return /:\d+$/.exec(place)?.[0] ?? "";
}
