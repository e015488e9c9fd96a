/**
 * `--redact`: names instead of whom and what a log is about, so that a report can
 * be posted. The same thing has the same name everywhere in one output; times,
 * versions, verdicts, random ids and models stay. What cannot be told to be
 * harmless is taken for a name: too much hidden is a nuisance, too little a leak.
 */
import { mapTexts } from "./mask-texts.ts";
import { Phrases } from "./phrases.ts";
import { canonicalKey } from "./tracker/session-index.ts";
import { endWithout } from "./words.ts";

type Kind = "session" | "person" | "file" | "host" | "id" | "gateway" | "label" | "text";

/** Fields that hold nothing but one name. */
const FIELDS: Readonly<Record<string, Kind>> = {
  sessionKey: "session",
  aliases: "session",
  blocked: "session",
  stalled: "session",
  id: "session",
  session: "session",
  runId: "id",
  sessionId: "id",
  sessionIds: "id",
  heldByRunId: "id",
  path: "file",
  sources: "file",
  gateway: "gateway",
};

/** What this program itself says, and so nothing of a log: these fields stay as they are. */
const OURS: ReadonlySet<string> = new Set([
  "code", "severity", "confidence", "state", "cause", "verdict", "waitsFor", "event", "reason", "runState", "before",
  "outcome", "action", "product", "version", "versionAtLeast", "startedBy", "endedBy", "format", "name", "time", "from",
  "to", "last", "startedAt", "endedAt", "queuedAt", "lastSeenAt", "goneAt", "heldSince", "waitingSince",
]); // prettier-ignore

/** Session keys that every gateway has. */
const COMMON_KEYS = /^(?:agent:main:)?(?:main|global|unknown|heartbeat|cron|dashboard|webchat)$/i;

export class Redactor {
  /** `session agent:main:x` to `session-1`. */
  readonly #names = new Map<string, string>();
  readonly #made = new Set<string>();
  readonly #counts = new Map<Kind, number>();
  /** Words that stand for a thing wherever they are met. */
  readonly #words = new Map<string, Kind>();
  /** Those of them that are more than one word. */
  readonly #phrases = new Phrases<Kind>();

  /** Plain data, names by their fields and all other text as such. */
  value<T>(value: T): T {
    // Before a text is looked at, all names are known that can stand in it.
    mapTexts(value, (text, field) => {
      const kind = FIELDS[field];
      if (kind === undefined || text === "") return text;
      this.#learn(kind, text);
      return text;
    });
    return mapTexts(value, (text, field) => this.#field(text, field)) as T;
  }

  /** Session keys that texts will name: nothing of their looks says that they are. */
  learn(keys: Iterable<string>): void {
    for (const key of keys) if (key !== "") this.#learn("session", key);
  }

  #learn(kind: Kind, text: string): void {
    this.#words.set(text, kind);
    if (BETWEEN_WORDS.test(text)) this.#phrases.add(text, kind);
    // In a sentence an id is often cut short, and then it may be all digits.
    if (kind === "id" && isRandom(text)) this.#words.set(text.slice(0, 8), kind);
  }

  /** Text that may name anything. */
  text(text: string): string {
    const whole = this.#words.get(text);
    if (whole !== undefined) return this.#name(whole, text);
    let told = this.#phrases.replace(text, (phrase, kind) => this.#name(kind, phrase));
    told = this.#named(told);
    // Nearly no text has any of these, and to look for one character is cheap.
    if (told.includes("://")) told = this.#urls(told);
    told = told.replace(QUOTE, (quote) => this.#quote(quote));
    // Before paths: a name at a host is one word.
    if (told.includes("@")) told = told.replace(AROUND_AT, (run) => this.#persons(run));
    if (/[/\\]/.test(told)) told = told.replace(PATH, (_, before: string, path: string) => before + this.#file(path));
    if (/\d{6}|\+\d/.test(told)) told = this.#numbers(told);
    return /\d\.\d|:[\da-f]{0,4}:/i.test(told) ? told.replace(AROUND_ADDRESS, (run) => this.#addresses(run)) : told;
  }

  #field(text: string, field: string): string {
    const kind = FIELDS[field];
    if (kind !== undefined && text !== "") return this.#name(kind, text);
    if (OURS.has(field)) return text;
    return this.text(text);
  }

  /** Keys mostly stand in sentences as one word, in a lane's name behind `session:`. */
  #named(text: string): string {
    return text.replace(WORD, (word) => {
      const lane = word.startsWith("session:") ? "session:" : "";
      const to = Math.max(endWithout(word, ":.…!?"), lane.length);
      const inner = word.slice(lane.length, to);
      const end = word.slice(to);
      const kind = this.#words.get(inner);
      if (kind !== undefined) return lane + this.#name(kind, inner) + end;
      // A phrase of the key had it already.
      if (this.#made.has(inner)) return word;
      // A lane is named after a key; agent:… is a key by its looks.
      if ((lane !== "" && inner !== "") || /^agent:./i.test(inner)) return lane + this.#name("session", inner) + end;
      return word;
    });
  }

  #quote(quote: string): string {
    const inner = quote.slice(1, /["”]$/.test(quote.slice(-1)) ? -1 : undefined);
    if (OUR_QUOTES.has(inner)) return quote;
    return quote.slice(0, 1) + this.#name("text", inner) + quote.slice(inner.length + 1);
  }

  /** `ann@example.org` ends at a colon; `@ann:example.org`, as Matrix has it, does not. */
  #persons(run: string): string {
    let told = "";
    let at = 0;
    for (let sign = run.indexOf("@"); sign !== -1; sign = run.indexOf("@", sign + 1)) {
      if (sign < at) continue;
      let from = sign;
      while (from > at && run[from - 1] !== ":") from--;
      const colon = from === sign ? -1 : run.indexOf(":", sign);
      const to = colon === -1 ? endWithout(run, ":.") : colon;
      if (to - from < (from === sign ? 3 : 2)) continue;
      told += run.slice(at, from) + this.#name("person", run.slice(from, to).toLowerCase());
      at = to;
    }
    return told + run.slice(at);
  }

  #urls(text: string): string {
    return text
      .replace(URL_HOST, (_, scheme: string, host: string, port = "") =>
        isLoopback(host) ? `${scheme}${host}${port}` : `${scheme}${this.#name("host", host)}${port}`,
      )
      .replace(FILE_URL, (_, scheme: string, path: string) => scheme + this.#file(path));
  }

  #numbers(text: string): string {
    const named = (number: string): string => this.#name("person", number.replaceAll(/[^\d]/g, ""));
    return text
      .replace(PHONE, named)
      .replace(LONG_NUMBER, (whole, before: string, number: string, at: number, all: string) => {
        const after = at + whole.length;
        const isOther = OTHER_NUMBER.test(all.slice(after, after + 10)) || this.#words.get(number) === "id";
        return isOther ? whole : before + named(number);
      });
  }

  #addresses(run: string): string {
    const host = (address: string): string => (isLoopback(address) ? address : this.#name("host", address));
    const end = endWithout(run, ":.");
    if (isIpv6(run.slice(0, end))) return host(run.slice(0, end)) + run.slice(end);
    return run.replace(/[\w.]+/g, (word) => {
      const address = /^(?:\d{1,3}\.){3}\d{1,3}/.exec(word)?.[0];
      if (address === undefined || /\d/.test(word.slice(address.length))) return word;
      return host(address) + word.slice(address.length);
    });
  }

  #name(kind: Kind, text: string): string {
    switch (kind) {
      case "session":
        // Of an agent's own `main`, the agent's name may be a person's.
        return COMMON_KEYS.test(text) ? text : this.#numbered("session", canonicalKey(text));
      case "id":
        return isRandom(text) ? text : this.#numbered("id", text);
      case "file":
        return this.#file(text);
      case "gateway":
        return this.#numbered("gateway", text);
      default:
        return this.#numbered(kind, text);
    }
  }

  /** The file's kind stays: it says how it was read. */
  #file(path: string): string {
    if (path === "-" || path === "") return path;
    const [ending = ""] = /(?:\.(?:log|jsonl?|ndjson|txt|lock|gz|zst|tmp|\d{1,2})){0,6}$/i.exec(path.slice(-40)) ?? [];
    return this.#numbered("file", path) + ending;
  }

  #numbered(kind: Kind, text: string): string {
    const known = this.#names.get(`${kind} ${text}`);
    if (known !== undefined) return known;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const name = `${kind}-${number}`;
    this.#names.set(`${kind} ${text}`, name);
    this.#made.add(name);
    return name;
  }

  /** @returns a name for what the user said of the log */
  label(value: string): string {
    return this.#name("label", value);
  }
}

/** Quoted in our own sentences. */
const OUR_QUOTES: ReadonlySet<string> = new Set(["stuck session"]);

const WORD = /[^\s"'“”,;()=[\]{}<>|`]+/g;
const BETWEEN_WORDS = /[\s"'“”,;()=[\]{}<>|`]/;
const FILE_URL = /(file:\/\/)(\/[^\s"'<>),;]+)/gi;
const URL_HOST = /(:\/\/)(\[[\da-f:.]*\]|[^\s/:"'<>?#]+)(:\d+)?[^\s"'<>),;]*/gi;
/** What was cut has no end. */
const QUOTE = /"[^"]+(?:"|$)|“[^“”]+(?:”|$)/g;
/** What an e-mail, WhatsApp's JIDs, Matrix and `@name` are made of. */
const AROUND_AT = /[\p{L}\p{M}\p{N}_.+~@:-]+/gu;
/** `+49 170 1234567` */
const PHONE = /\+\d[\d ().-]{5,18}\d+/g;
/** The ids of chats: long, and no time, size or date. */
const LONG_NUMBER = /(^|[^\w.:-])(-?\d{8,})/g;
const OTHER_NUMBER = /^(?:[\w:-]|\.\d| ?(?:ms|s|bytes|B|lines)(?:\W|$))/;
/** `/new` and `/stop:` are commands of a chat: a path has two parts or an ending. */
const PATH =
  /(^|[^\w.:/<-])((?:~|\.{1,2})?\/[^\s/"'“”,;:()<>]+(?:\/[^\s/"'“”,;:()<>]*)+|~\/[^\s"'“”,;:()<>]+|\/[^\s/"'“”,;:()<>]+\.\w{1,8}|[A-Za-z]:\\[^\s"'“”,;()<>]+|\\\\[^\s"'“”,;()<>]+)/g;
const AROUND_ADDRESS = /[\w.:%]+/g;

/** Also the short form; five parts are no time. */
function isIpv6(text: string): boolean {
  const address = text.split("%", 1)[0] ?? "";
  if (address.length > 45 || !/^[\da-f:.]+$/i.test(address)) return false;
  const parts = address.split(":");
  if (parts.some((part, index) => part.length > 4 && !(index === parts.length - 1 && part.includes(".")))) return false;
  return address.includes("::")
    ? parts.length > 2 && parts.length < 10 && parts.some(Boolean)
    : parts.length > 4 && parts.length < 9;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?)$/i.test(host);
}

/** Nobody's name: a UUID, or so many hexadecimal digits. The beginning of one is as the gateway cut it. */
function isRandom(id: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$|^[\da-f]{8}(?:-[\da-f-]{1,27})?…?$|^[\da-f]{16,64}$/i.test(id);
}
