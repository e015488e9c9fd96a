/**
 * What a secret looks like. A table of our own: the libraries that know such
 * shapes read files, not words, and take longer to load than a small log takes
 * to read. The list is held against those of gitleaks and secretlint; where a
 * shape is written down by who made it, that source stands beside it.
 *
 * A pattern says how a secret begins and has an end itself; what may be of any
 * length is read on by `end`. So each is linear, and no secret is too long to be
 * masked to its last character.
 */
export interface Shape {
  readonly name: string;
  /** What of the first group stands before the secret stays. */
  readonly pattern: RegExp;
  /** Where the secret ends, from the end of the match on. */
  readonly end?: (text: string, from: number) => number;
  /** What only looks like one. */
  readonly accepts?: (secret: string, before: string) => boolean;
  /**
   * The next one may begin in it. Linear because what is none is one short word, or stands in quotes, and the next one
   * in the same quotes would have ended it; and no word is read twice.
   */
  readonly nests?: true;
}

/** Before those of single services: what a name says may be longer than what looks like a key in it. */
export const SHAPES: readonly Shape[] = [
  {
    // RFC 7468; also OpenSSH's and PGP's. One that was cut goes on to the end of what it is quoted in.
    name: "private key",
    pattern: /()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g,
    end: (text, from) => endOf(/-----END [A-Z0-9 ]{0,50}-----/g, text, from) ?? unquoted(text, from),
  },
  {
    // A header has several, parted by semicolons.
    name: "cookies",
    pattern: /(cookie\\{0,15}["']?\s{0,3}[=:]\s{0,3}(?:\\{0,15}["'])?)/gi,
    end: (text, from) =>
      endOfQuoted(text, from) ?? endOf(/(?:[^\n\r"'<>)}\]]*\[secret[-:]\w*\])*[^\n\r"'<>)}\]]*/y, text, from) ?? from,
    accepts: isPairsValue,
  },
  {
    // What somebody named so; quoted up to the quote, also where JSON stands in JSON. A mask of the journal is none.
    name: "pair",
    pattern:
      /((?:token|(?:api|access|auth|private|secret|signing|encryption|master)[_ -]?key(?: provided)?|(?!secret:[\da-f]{16}\])secret|password|passwd|passphrase|passcode|pwd|credentials?|authorization|(?<![a-z])pass)\\{0,15}["']?\s{0,3}[=:]\s{0,3}(?:(?:bearer|basic|bot|token)\s{1,3})?(?:\\{0,15}["'])?)/gi,
    end: (text, from) =>
      endOfQuoted(text, from) ?? endOf(/(?:[^\s"',;&<>)}\]]*\[secret[-:]\w*\])*[^\s"',;&<>)}\]]*/y, text, from) ?? from,
    accepts: isPairsValue,
    nests: true,
  },
  {
    name: "option of a command",
    pattern:
      /(--(?:[a-z]{1,16}-){0,3}(?:token|secret|password|pass|(?:api|access|auth|secret|private)-?key)\s{1,3}(?:\\{0,15}["'])?)(?=[^\s"'<[(-])/gi,
    end: (text, from) =>
      endOfQuoted(text, from) ?? endOf(/(?:[^\s"'<>)}\]]*\[secret[-:]\w*\])*[^\s"'<>)}\]]*/y, text, from) ?? from,
    accepts: (value) => !saysNothing(value) && !/^(?:and|for|from|in|into|of|on|or|to|with)$/i.test(value),
    nests: true,
  },
  {
    // RFC 3986, 3.2.1: the user information of a URL ends at the last @ of its host's part.
    name: "URL with a password",
    pattern: /(:\/\/[^\s/@:?#"'<>]*:)[^\s/"'<>]/g,
    end: (text, from) => lastAt(text, from, endOf(/[^\s/"'<>]*/y, text, from)),
    accepts: (secret) => !saysNothing(secret),
  },
  {
    // Where no colon parts it, it may be a token.
    name: "URL with a token for a user",
    pattern: /(:\/\/)[^\s/@:?#"'<>]{16}/g,
    end: (text, from) => lastAt(text, from, endOf(/[^\s/:?#"'<>]*/y, text, from)),
    accepts: hasDigit,
  },
  {
    // Shared access signatures of Azure, and URLs that AWS and Google signed
    name: "signed URL",
    pattern: /([?&](?:sig|(?:x-(?:amz|goog)-)?signature)=)[\w%.~+/=-]{16}/gi,
    end: (text, from) => endOf(/[\w%.~+/=-]*/y, text, from) ?? from,
  },
  {
    // RFC 6750 and 7617, in a header or quoted in an error
    name: "authorization",
    pattern: /(\b(?:bearer|basic)[ \t]{1,4})[\w.~+/=-]{8}/gi,
    end: (text, from) => endOf(/[\w.~+/=-]*/y, text, from) ?? from,
    accepts: (secret) => hasDigit(secret) || secret.length >= 24,
  },
  {
    // OpenAI (sk-…, sk-proj-…), Anthropic (sk-ant-…), OpenRouter (sk-or-v1-…), DeepSeek, Moonshot and others that copied it.
    name: "a model provider's key, sk-",
    pattern: /(^|[^A-Za-z])sk-[\w-]{16}/g,
    end: word,
    accepts: looksRandom,
  },
  {
    // https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
    name: "GitHub",
    pattern: /()(?:gh[pousr]_[A-Za-z0-9]{20}|github_pat_\w{20})/g,
    end: word,
  },
  // https://docs.gitlab.com/security/tokens/#token-prefixes
  {
    name: "GitLab",
    pattern: /()(?:gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|ffct|imt|agent|soat|wt)-|GR1348941)[\w.-]{16}/g,
    end: dotted,
  },
  // https://docs.slack.dev/authentication/tokens
  { name: "Slack", pattern: /()(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[\w-]{8}/g, end: word },
  {
    name: "Slack webhook",
    pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/+-]{16}/g,
    end: base64,
  },
  {
    name: "Discord webhook",
    pattern: /(discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{1,24}\/)[\w-]{16}/g,
    end: word,
  },
  {
    name: "Teams webhook",
    pattern: /(webhook\.office\.com\/webhookb2\/)[\w@/-]{16}/g,
    end: (text, from) => endOf(/[\w@/-]*/y, text, from) ?? from,
  },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  { name: "AWS", pattern: /()(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { name: "AWS session", pattern: /(^|[^A-Za-z0-9])(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[\w+/]{20}/g, end: base64 },
  // https://cloud.google.com/docs/authentication/api-keys, and an OAuth access token
  { name: "Google", pattern: /()(?:AIza[\w-]{30}|(?<![\w-])ya29\.[\w-]{16}|GOCSPX-[\w-]{20})/g, end: dotted },
  {
    // RFC 7519, 7516: a header is JSON, so it begins with {" in base64url.
    name: "JWT",
    pattern: /(^|[^\w-])eyJ[\w-]{6}/g,
    end: (text, from) => endOf(/[\w-]*(?:\.[\w-]*){1,4}/y, text, from) ?? from,
    accepts: (secret) => secret.length >= 24 && secret.includes("."),
  },
  // https://core.telegram.org/bots/api#authorizing-your-bot; a UUID behind a number is one character longer.
  { name: "Telegram bot", pattern: /()(?<!\d)\d{6,12}:[\w-]{35}(?![\w-])/g },
  {
    // https://docs.discord.com/developers/reference#authentication: the bot's id, a time and a signature
    name: "Discord bot",
    pattern: /(^|[^\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27}/g,
    end: word,
  },
  // https://docs.stripe.com/keys
  { name: "Stripe", pattern: /(^|[^A-Za-z])(?:[sr]k_(?:live|test|prod)|whsec)_\w{10}/g, end: base64 },
  // https://www.twilio.com/docs/glossary/what-is-a-sid: of all its ids the one that is half of a key
  { name: "Twilio", pattern: /(^|[^A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g },
  // https://learn.microsoft.com/entra: three characters, a digit and Q~
  { name: "Azure", pattern: /(^|[^\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}/g },
  {
    // Groq, Hugging Face, Perplexity, xAI, NVIDIA, Replicate, Tavily, Firecrawl, Fireworks, Cerebras, Together, Jina, E2B, LangSmith, ElevenLabs
    name: "model services",
    pattern:
      /(^|[^A-Za-z0-9])(?:gsk_|hf_|api_org_|pplx-|xai-|nvapi-|r8_|tvly-|fc-|fw_|csk-|tgp_v1_|jina_|e2b_|lsv2_(?:pt|sk)_|sk_)[\w.-]{20}/gi,
    end: dotted,
    accepts: looksRandom,
  },
  {
    // npm, PyPI, RubyGems, Docker, DigitalOcean, Meta, SendGrid, Linear, Notion, Databricks, Atlassian, Figma, Heroku, Postman, Pulumi, Shopify, Square, Supabase, Tailscale, Vault, age and others of gitleaks' list
    name: "other services",
    pattern:
      /(^|[^A-Za-z0-9])(?:npm_|pypi-|rubygems_|dckr_[po]at_|do[opr]_v1_|EAA|SG\.|lin_(?:api|oauth)_|ntn_|secret_|dapi|AT[AC]TT3|figd_|HRKU-|PMAK-|pul-|pnu_|rdme_|shp(?:at|ca|pa|ss)_|shippo_(?:live|test)_|sq0[a-z]{3}-|sb[ps]_|sb_secret_|tskey-|hv[bsr]\.|pscale_(?:tkn|oauth|pw)_|sgp_|sm_[aps]at_|xkeysib-|glsa_|LTAI|v1\.0-|age-secret-key-1)[\w.-]{20}/gi,
    end: dotted,
    accepts: looksRandom,
  },
  // https://spec.matrix.org leaves it to the server: Synapse's, and those of its authentication service
  { name: "Matrix", pattern: /(^|[^A-Za-z0-9])(?:syt_[\w=+/-]{20}|m[ac]t_[A-Za-z0-9]{30})/g, end: base64 },
  {
    // 1Password, Grafana and Sentry: base64 behind a name
    name: "services with base64",
    pattern: /(^|[^A-Za-z0-9])(?:ops_eyJ|glc_|sntry[su]_)[\w+/=-]{20}/g,
    end: base64,
  },
  {
    // Who has it is in the group, or is the device
    name: "invitation",
    pattern:
      /((?:chat\.whatsapp\.com\/(?:invite\/)?|signal\.(?:group|me|link)\/(?:call\/)?#|sgnl:\/\/[a-z.]{1,32}[/?#]|t\.me\/(?:\+|joinchat\/)|tsdevice:\/?\?))[\w%=&/#.~+-]{10}/g,
    end: (text, from) => endOf(/[\w%=&/#.~+-]*/y, text, from) ?? from,
  },
  {
    // What the gateways make for themselves (crypto.randomBytes(24), in hex), as it stands in their config and dashboard URL.
    name: "gateway token",
    pattern: /()(?<![0-9A-Za-z])[0-9a-f]{48}(?![0-9A-Za-z])/g,
  },
];

function word(text: string, from: number): number {
  return endOf(/[\w-]*/y, text, from) ?? from;
}
function dotted(text: string, from: number): number {
  return endOf(/[\w.-]*/y, text, from) ?? from;
}
function base64(text: string, from: number): number {
  return endOf(/[\w+/=-]*/y, text, from) ?? from;
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Where the last @ of a part stands, or -1, and then there is no secret. */
function lastAt(text: string, from: number, to = from): number {
  const at = text.slice(from - 1, to).lastIndexOf("@");
  return at === -1 ? -1 : from - 1 + at;
}

/**
 * Where what was opened by the quote before `from` is closed: by one with as many backslashes, or by that of what is
 * around it. Where JSON stands in JSON each quote has 1, 3 or 7 of them, and those inside more.
 * @returns undefined where nothing was opened; the end of the text where nothing closes it
 */
function endOfQuoted(text: string, from: number): number | undefined {
  const quote = text[from - 1] ?? "";
  if (quote !== '"' && quote !== "'") return undefined;
  const depth = backslashes(text, from - 1, 0);
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    const count = backslashes(text, at, from);
    if (count < depth) return at - count;
    if ((count - depth) % (2 * depth + 2) === 0) return at - depth;
  }
  return text.length;
}

function unquoted(text: string, from: number): number {
  const to = endOf(/[^"']*/y, text, from) ?? from;
  return to - backslashes(text, to, from);
}

function backslashes(text: string, before: number, from: number): number {
  let at = before;
  while (at > from && text[at - 1] === "\\") at--;
  return before - at;
}

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** Some services' keys are letters only, but no name is written like them. */
function looksRandom(text: string): boolean {
  return hasDigit(text) || (/[a-z]/.test(text.slice(3)) && /[A-Z]/.test(text.slice(3)));
}

/** Words that say something about a secret. */
const NO_SECRETS = new Set(
  "is was not no none null undefined missing true false yes invalid expired expires required redacted set unset unknown empty mismatch wrong bad ok error failed rejected env file config main auth".split(
    " ",
  ),
);

/** Such a word, or a mask that was set before. */
function saysNothing(value: string): boolean {
  if (/^\*+$/.test(value) || /^\[secret[-:]\w{1,64}\]?$/.test(value)) return true;
  const [, first] = /^([a-z]{1,9})(?:$|\s|[.,:;!?…]{1,3}(?:$|\s))/i.exec(value) ?? [];
  return first !== undefined && NO_SECRETS.has(first.toLowerCase());
}

function isPairsValue(value: string, before: string): boolean {
  // An object that begins here has its own names.
  if (/^[[{(\\]*$/.test(value) || saysNothing(value)) return false;
  // `[diagnostic] token: 1234` counts tokens; a password may well be a number.
  return !(/token/i.test(before) && /^\d{1,7}$/.test(value));
}
