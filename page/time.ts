/** Times in the zone of the report, whatever zone this browser is in. */
import { scaleUtc } from "d3-scale";

const SECOND = 1000;
const DAY = 86_400 * SECOND;

export class Times {
  readonly #format: Intl.DateTimeFormat;
  readonly zone: string;
  /** The whole picture is within one day. */
  readonly #oneDay: boolean;

  constructor(timeZone: string, from: number, to: number) {
    this.zone = timeZone;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
    });
    this.#oneDay = this.#day(from) === this.#day(to);
  }

  /** `07:38:27`, with the day before it if the picture has more than one. */
  stamp(ms: number): string {
    const { hour, minute, second } = this.#parts(ms);
    return `${this.#oneDay ? "" : `${this.#day(ms)} `}${hour}:${minute}:${second}`;
  }

  /** The same with milliseconds. */
  exact(ms: number): string {
    return `${this.stamp(ms)}.${this.#parts(ms)["fractionalSecond"]}`;
  }

  /** As many round times as fit, and how each is written. */
  ticks(from: number, to: number, most: number): readonly { readonly at: number; readonly label: string }[] {
    // Round in the report's zone: as if its wall clock were UTC.
    const offset = this.#offset((from + to) / 2);
    const scale = scaleUtc().domain([from + offset, to + offset]);
    const all = scale.ticks(most).map((date) => date.getTime() - offset);
    const step = (all[1] ?? to) - (all[0] ?? from);
    return all.map((at) => ({ at, label: this.#label(at, step) }));
  }

  #label(ms: number, step: number): string {
    const { year, month, day, hour, minute, second, fractionalSecond } = this.#parts(ms);
    if (step >= DAY) return `${year}-${month}-${day}`;
    if (hour === "00" && minute === "00" && second === "00" && !this.#oneDay) return `${month}-${day}`;
    if (step >= 60 * SECOND) return `${hour}:${minute}`;
    return `${hour}:${minute}:${second}${step < SECOND ? `.${fractionalSecond}` : ""}`;
  }

  #day(ms: number): string {
    const { year, month, day } = this.#parts(ms);
    return `${year}-${month}-${day}`;
  }

  #offset(ms: number): number {
    const it = this.#parts(ms);
    const n = (name: string) => Number(it[name]);
    return (
      Date.UTC(n("year"), n("month") - 1, n("day"), n("hour"), n("minute"), n("second")) -
      Math.floor(ms / SECOND) * SECOND
    );
  }

  #parts(ms: number): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#format.formatToParts(ms).map(({ type, value }) => [type, value]));
  }
}
