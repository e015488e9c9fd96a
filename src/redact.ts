/**
 * `--redact`: names instead of whom and what a log is about, so that a report can
 * be posted. The same thing has the same name everywhere in one output; times,
 * versions, verdicts, random ids and models stay. What cannot be told to be
 * harmless is taken for a name: too much hidden is a nuisance, too little a leak.
 */
import { mapTexts } from "./mask-texts.ts";
import { canonicalKey } from "./tracker/session-index.ts";

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
  readonly #counts = new Map<Kind, number>();
  /** Words that stand for a thing wherever they are met. */
  readonly #words = new Map<string, Kind>();
  /** Those of them that are more than one word. */
  readonly #phrases = new Map<string, Kind>();

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
    if (/[\s"'“”,;()]/.test(text)) this.#phrases.set(text, kind);
    // In a sentence an id is often cut short, and then it may be all digits.
    if (kind === "id" && isRandom(text)) this.#words.set(text.slice(0, 8), kind);
  }

  /** Text that may name anything. */
  text(text: string): string {
    const whole = this.#words.get(text);
    if (whole !== undefined) return this.#name(whole, text);
    let told = text;
    for (const [phrase, kind] of this.#phrases) {
      if (told.includes(phrase)) told = told.replaceAll(phrase, this.#name(kind, phrase));
    }
    told = this.#named(told);
    told = told.replace(URL_HOST, (_, scheme: string, host: string, port = "") =>
      isLoopback(host) ? `${scheme}${host}${port}` : `${scheme}${this.#name("host", host)}${port}`,
    );
    told = told.replace(/"[^"]{1,4096}"|“[^”]{1,4096}”/g, (quote) => this.#quote(quote));
    // Before paths: a name at a host is one word.
    told = told.replace(PERSON, (person) => this.#name("person", person.toLowerCase()));
    told = told.replace(PATH, (path) => this.#file(path));
    told = told.replace(NUMBER, (number) =>
      this.#words.get(number) === "id" ? number : this.#name("person", number.replaceAll(/[^\d]/g, "")),
    );
    return told.replace(IP, (host) => (isLoopback(host) ? host : this.#name("host", host)));
  }

  #field(text: string, field: string): string {
    const kind = FIELDS[field];
    if (kind !== undefined && text !== "") return this.#name(kind, text);
    if (OURS.has(field)) return text;
    return this.text(text);
  }

  /** Keys mostly stand in sentences as one word, in a lane's name behind `session:`. */
  #named(text: string): string {
    return text.replace(/[^\s"'“”,;()]+/g, (word) => {
      const [, lane = "", inner = word, end = ""] = /^(session:)?(.*?)([:.…!?]*)$/s.exec(word) ?? [];
      const kind = this.#words.get(inner);
      if (kind !== undefined) return lane + this.#name(kind, inner) + end;
      // A lane is named after a key; agent:… is a key by its looks.
      if (lane !== "" || /^agent:./i.test(inner)) return lane + this.#name("session", inner) + end;
      return word;
    });
  }

  #quote(quote: string): string {
    const inner = quote.slice(1, -1);
    if (OUR_QUOTES.has(inner)) return quote;
    return quote.slice(0, 1) + this.#name("text", inner) + quote.slice(-1);
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
    const [ending = ""] = /(?:\.(?:log|jsonl?|ndjson|txt|lock|gz|zst|tmp|\d{1,2}))*$/i.exec(path) ?? [];
    return this.#numbered("file", path) + ending;
  }

  #numbered(kind: Kind, text: string): string {
    const known = this.#names.get(`${kind} ${text}`);
    if (known !== undefined) return known;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const name = `${kind}-${number}`;
    this.#names.set(`${kind} ${text}`, name);
    return name;
  }

  /** @returns a name for what the user said of the log */
  label(value: string): string {
    return this.#name("label", value);
  }
}

/** Quoted in our own sentences. */
const OUR_QUOTES: ReadonlySet<string> = new Set(["stuck session"]);

const URL_HOST = /\b((?:wss?|https?):\/\/)([^\s/:"'<>?#]+)(:\d+)?[^\s"'<>),;]*/gi;
/** E-mail, WhatsApp's JIDs, Matrix, `@name`. */
const PERSON = /[\w.+~-]{1,64}@[\w.-]{1,255}|(?<![\w.])@[\p{L}\d_][\p{L}\d_.:-]{1,64}/gu;
/** `+49 170 1234567`, and the ids of chats: long, and no time, size or date. */
const NUMBER = /\+\d[\d ().-]{5,18}\d|(?<![\w.:-])-?\d{8,20}(?![\w:-]|\.\d)(?! ?(?:ms|s|bytes|B|lines)\b)/g;
/** `/new` and `/stop:` are commands of a chat: a path has two parts or an ending. */
const PATH =
  /(?<![\w.:/<-])(?:(?:~|\.{1,2})?\/[^\s/"'“”,;:()<>]+(?:\/[^\s/"'“”,;:()<>]*)+|~\/[^\s"'“”,;:()<>]+|\/[^\s/"'“”,;:()<>]+\.\w{1,8}|[A-Za-z]:\\[^\s"'“”,;()<>]+|\\\\[^\s"'“”,;()<>]+)/g;
const IP = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)|(?<![\w:])(?:[\da-f]{1,4}:){4,7}[\da-f]{1,4}(?![\w:])/gi;

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?)$/i.test(host);
}

/** Nobody's name: a UUID, or so many hexadecimal digits. The beginning of one is as the gateway cut it. */
function isRandom(id: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$|^[\da-f]{8}(?:-[\da-f-]{1,27})?…?$|^[\da-f]{16,64}$/i.test(id);
}
