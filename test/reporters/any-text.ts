import fc from "fast-check";

/** Every character that acts on a terminal instead of showing: kept apart from the code's own list on purpose. */
export const HARMFUL =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}]/u;

const POISON = [
  "\u001b[2J", "\u001b]8;;http://x\u0007", "\u009b", "\u0090", "\r", "\n", "\r\n", "\t", "\b", "\0", "\u007f",
  "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2028", "\u{e0041}", "\ud800", "\udc00",
  "::error::", "##[group]", "%0A", "%", ",", ":", "'", '"', "\\", "$(id)", "`id`", "!!", "~", "-", ";", "日本", "🎉", "e\u0301",
]; // prettier-ignore

/** Text as a stranger would write it: poison between ordinary characters. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(fc.constantFrom(...POISON), fc.string({ unit: "binary", maxLength: 4 }), fc.string({ maxLength: 8 })),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(""));
