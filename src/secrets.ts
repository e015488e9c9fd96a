/**
 * What a secret looks like. A table of our own: the libraries that know such
 * shapes read files, not words, and take longer to load than a small log takes
 * to read. Where a shape is written down, its source stands beside it.
 */

interface Shape {
  readonly name: string;
  /** What of the first group stands before the secret stays, all else of the match is the secret. */
  readonly pattern: RegExp;
  /** What only looks like one. */
  readonly accepts?: (secret: string, before: string) => boolean;
}

/** Every pattern is linear: a repetition has an end, or nothing after it can fail. */
const SHAPES: readonly Shape[] = [
  {
    // RFC 7468; also OpenSSH's and PGP's. One that was cut goes on to the end.
    name: "private key",
    pattern: /()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,50}-----|$)/g,
  },
  {
    // RFC 3986, 3.2.1: the user information of a URL. Where no colon parts it, it may be a token.
    name: "URL with a password",
    pattern: /(:\/\/[^\s/@:?#"'<>]{0,128}:)[^\s/@"'<>]{1,256}(?=@)/g,
    accepts: (secret) => !NO_SECRET.test(secret),
  },
  {
    name: "URL with a token for a user",
    pattern: /(:\/\/)[^\s/@:?#"'<>]{16,256}(?=@)/g,
    accepts: hasDigit,
  },
  {
    // OpenAI (sk-…, sk-proj-…), Anthropic (sk-ant-…), OpenRouter (sk-or-v1-…), DeepSeek, Moonshot and others that copied it.
    name: "a model provider's key, sk-",
    pattern: /()(?<![A-Za-z])sk-[\w-]{16,}/g,
    accepts: hasDigit,
  },
  {
    // https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
    name: "GitHub",
    pattern: /()(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g,
  },
  // https://docs.gitlab.com/security/tokens/#token-prefixes
  { name: "GitLab", pattern: /()gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w.-]{16,}/g },
  // https://docs.slack.dev/authentication/tokens
  { name: "Slack", pattern: /()(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[\w-]{8,}/g },
  { name: "Slack webhook", pattern: /(hooks\.slack\.com\/(?:services|workflows)\/)[\w/+-]{16,}/g },
  { name: "Discord webhook", pattern: /(discord(?:app)?\.com\/api\/webhooks\/\d{1,24}\/)[\w-]{16,}/g },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  { name: "AWS", pattern: /()(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  // https://cloud.google.com/docs/authentication/api-keys, and an OAuth access token
  { name: "Google", pattern: /()(?:AIza[\w-]{30,}|(?<![\w-])ya29\.[\w-]{16,}|GOCSPX-[\w-]{20,})/g },
  // RFC 7519, 7516: a header is JSON, so it begins with {" in base64url.
  { name: "JWT", pattern: /()(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, accepts: (secret) => secret.length >= 24 },
  // https://core.telegram.org/bots/api#authorizing-your-bot; a UUID behind a number is one character longer.
  { name: "Telegram bot", pattern: /()(?<!\d)\d{6,12}:[\w-]{35}(?![\w-])/g },
  // https://docs.discord.com/developers/reference#authentication: the bot's id, a time and a signature
  { name: "Discord bot", pattern: /()(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}/g },
  // https://docs.stripe.com/keys
  { name: "Stripe", pattern: /()(?<![A-Za-z])(?:[sr]k_(?:live|test)|whsec)_\w{16,}/g },
  {
    // Groq, Hugging Face, Perplexity, xAI, NVIDIA, Replicate, Tavily, Firecrawl, npm, PyPI, DigitalOcean, Meta, SendGrid, ElevenLabs, Linear, Notion
    name: "other services",
    pattern:
      /()(?<![A-Za-z0-9])(?:gsk_|hf_|pplx-|xai-|nvapi-|r8_|tvly-|fc-|npm_|pypi-|do[opr]_v1_|EAA|SG\.|sk_|lin_api_|ntn_|secret_|fw_|csk-|dapi|age-secret-key-1)[\w.-]{20,}/gi,
    accepts: hasDigit,
  },
  {
    // What the gateways make for themselves (crypto.randomBytes(24), in hex), as it stands in their config and dashboard URL.
    name: "gateway token",
    pattern: /()(?<![0-9A-Za-z])[0-9a-f]{48}(?![0-9A-Za-z])/g,
  },
  {
    // RFC 6750 and 7617, in a header or quoted in an error
    name: "authorization",
    pattern: /(\b(?:bearer|basic)[ \t]{1,4})[\w.~+/=-]{8,}/gi,
    accepts: (secret) => hasDigit(secret) || secret.length >= 24,
  },
  {
    // What somebody named so; quoted up to the quote, also where JSON stands in JSON.
    name: "pair",
    pattern:
      /((?:token|api[_-]?key|apikey|secret|secret[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|password|passwd|passphrase|pwd|credentials?|authorization|cookie|(?<![a-z])pass)\\{0,3}["']?\s{0,3}(?:=|:)\s{0,3}(?:(?:bearer|basic|bot|token)\s{1,3})?)(?:\\{0,3}"[^"]{0,4096}"?|\\{0,3}'[^']{0,4096}'|[^\s"',;&<>)}\]]{1,4096})/gi,
    accepts: isPairsValue,
  },
];

/** Cheap to ask, and true of every text that may hold a secret: nearly none does. */
const HINTS = [
  /sk[-_]|gh[pousr]_|github_pat|gl[a-z]{2,5}-|xox|xapp|xwfp|hooks|rk_|whsec|hf_|pplx|xai-|nvapi|r8_|tvly|fc-|npm_|pypi|_v1_|eaa|sg\.|lin_api|ntn_|secret|fw_|dapi|bearer|basic|token|(?:api|access|auth|private)[_-]?key|pass|pwd|credential|authori|cookie|:\/\/|-----begin/i,
  /A(?:KI|SI|BI|CC)A|AIza|ya29|GOCSPX|eyJ|\d:[\w-]{35}|[MNO][\w-]{23,27}\.|[0-9a-f]{48}/,
];

/**
 * @param mask what stands in a secret's place
 * @returns the same text where it holds none
 */
export function maskSecrets(text: string, mask: (secret: string) => string): string {
  if (text.length < SHORTEST || isPlainId(text) || !HINTS.some((hint) => hint.test(text))) return text;
  let masked = text;
  for (const { pattern, accepts } of SHAPES) {
    masked = masked.replace(pattern, (whole: string, before: string) => {
      const secret = whole.slice(before.length);
      return accepts && !accepts(secret, before) ? whole : before + inQuotes(secret, mask);
    });
  }
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

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** The quotes stay, so that what was JSON is still read as such. */
function inQuotes(secret: string, mask: (secret: string) => string): string {
  const [, open = "", inner = secret, close = ""] = /^(\\*["']?)([\s\S]*?)(\\*["']?)$/.exec(secret) ?? [];
  return inner === "" ? secret : open + mask(inner) + close;
}

/** Words that say something about a secret, and masks that were set before. */
const NO_SECRET =
  /^(?:\\*["'])?(?:\[secret|\*+|(?:is|was|not|no|none|null|undefined|missing|true|false|yes|invalid|expired|expires|required|redacted|set|unset|unknown|empty|mismatch|wrong|bad|ok|error|failed|rejected|env|file|config|main|auth)(?:$|\b(?![\w-])))/i;

function isPairsValue(value: string, before: string): boolean {
  if (NO_SECRET.test(value) || /^\\*["']{2}$/.test(value)) return false;
  // `[diagnostic] token: 1234` counts tokens; a password may well be a number.
  return !(/token/i.test(before) && /^\d{1,7}$/.test(value));
}
