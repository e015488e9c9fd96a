/** Masks what looks like a secret (src/secret-shapes.ts) in a text, in a time linear in its length. */
import { SHAPES, type Shape } from "./secret-shapes.ts";

/** Cheap to ask, and true of every text that may hold a secret: nearly none does. */
const HINTS = [
  /sk[-_]|gh[pousr]_|github_pat|gl[a-z]{1,5}[-_]|xox|xapp|xwfp|hook|rk_|whsec|hf_|api_org|pplx|xai-|nvapi|r8_|tvly|fc-|npm_|pypi|rubygems|dckr|_v1_|eaa|sg\.|lin_|ntn_|secret|fw_|dapi|att3|ctt3|tt3|figd|hrku|pmak|pul-|pnu_|rdme|shp|sq0|sb[ps_]|tskey|hv[bsr]\.|pscale|sgp_|sm_|xkeysib|syt_|m[ac]t_|ltai|v1\.0-|ops_|sntry|jina_|e2b_|lsv2|csk-|age-|bearer|basic|token|(?:api|access|auth|private|signing|encryption|master)[_ -]?key|--|pass|pwd|credential|authori|cookie|:\/\/|[?&](?:sig|x-)|whatsapp\.com|signal\.|sgnl|t\.me|-----begin/i,
  /A(?:KI|SI|BI|CC)A|A3T|AIza|ya29|GOCSPX|GR13|IQoJ|FwoG|eyJ|\dQ~|SK[0-9a-f]{8}|\d:[\w-]{35}|[MNO][\w-]{23,27}\.|[0-9a-f]{48}/,
];

/**
 * @param mask what stands in a secret's place
 * @returns the same text where it holds none
 */
export function maskSecrets(text: string, mask: (secret: string) => string): string {
  if (text.length < SHORTEST || isPlainId(text) || !HINTS.some((hint) => hint.test(text))) return text;
  let masked = text;
  for (const shape of SHAPES) masked = maskShape(masked, shape, mask);
  return masked;
}

/** Whether what is kept under this name is a secret, whatever it looks like. */
export function isSecretName(name: string): boolean {
  return /(?:token|secret|password|passwd|passphrase|pwd|api[_-]?key|apikey|private[_-]?key|credentials?|cookie|authorization)$/i.test(
    name,
  );
}

/** `a=b` with names of three letters. */
const SHORTEST = 6;

/** Most texts of a report: ids and times. */
function isPlainId(text: string): boolean {
  return /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]{8,12}Z)$/i.test(text);
}

function maskShape(text: string, { pattern, end, accepts, nests }: Shape, mask: (secret: string) => string): string {
  let masked = "";
  let told = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, before = ""] = match;
    const from = match.index + before.length;
    const matched = pattern.lastIndex;
    // In a word that is masked already.
    if (from < told) continue;
    const to = end ? end(text, matched) : matched;
    if (to <= from) continue;
    const secret = text.slice(from, to);
    const accepted = !accepts || accepts(secret, before);
    if (accepted) {
      masked += text.slice(told, from) + mask(secret);
      told = to;
    }
    const isQuoted = /["']$/.test(before.slice(-1));
    if (!nests || (accepted && isQuoted)) pattern.lastIndex = to;
  }
  return told === 0 ? text : masked + text.slice(told);
}
