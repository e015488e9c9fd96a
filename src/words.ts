/** How the report says spans of time, counts and names. Pure, and free of any locale. */

/** `47 min`, `46 min 39 s`, `2 h 5 min`, `3 d 4 h`; two units at most. */
export function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join(`${minutes} min`, seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return join(`${hours} h`, minutes % 60, "min");
  return join(`${Math.floor(hours / 24)} d`, hours % 24, "h");
}

function join(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}

/** `41,203`. Not by Intl: loading its data takes longer than reading a small log. */
export function grouped(count: number): string {
  const digits = String(count);
  const head = digits.length % 3;
  return [digits.slice(0, head), ...(digits.slice(head).match(/.{3}/g) ?? [])].filter((it) => it !== "").join(",");
}

/** `1 message`, `3 messages`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A UUID by its first part, as people quote it; any other id whole. */
export function shortId(id: string): string {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(id) ? id.slice(0, 8) : id;
}

/** Where a text ends without these characters. A pattern of theirs with `$` takes the square of the length. */
export function endWithout(text: string, characters: string): number {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] ?? "")) end--;
  return end;
}
