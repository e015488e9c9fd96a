/**
 * What looks like a secret of each kind and is none. Put together here, so that
 * no scanner takes this file for a leak.
 */
export interface SampleSecret {
  readonly name: string;
  /** As it stands in a log. */
  readonly text: string;
  /** What of it must not be seen. */
  readonly secret: string;
}

const base = "aZ9bY8cX7dW6eV5fU4gT3hS2iR1jQ0kP";
/** @param length of the text; the seed makes it another one */
function random(length: number, seed = 0): string {
  return Array.from({ length }, (_, index) => base[(index * 7 + seed * 5 + Math.floor(index / 32)) % base.length]).join(
    "",
  );
}
const hex = (length: number): string =>
  Array.from({ length }, (_, index) => "0123456789abcdef"[(index * 7 + 3) % 16]).join("");

function plain(name: string, ...parts: readonly string[]): SampleSecret {
  const text = parts.join("");
  return { name, text, secret: text };
}
function pair(name: string, before: string, secret: string, after = ""): SampleSecret {
  return { name, text: before + secret + after, secret };
}

/** Letters only, as some services have it. */
const letters = (length: number): string => random(length).replaceAll(/\d/g, "q");

const PRIVATE = "PRIVATE";

export const SECRETS: readonly SampleSecret[] = [
  plain("OpenAI", "sk-", random(48)),
  plain("OpenAI project", "sk-", "proj-", random(64)),
  plain("Anthropic", "sk-", "ant-api03-", random(90), "-", random(6), "AA"),
  plain("OpenRouter", "sk-", "or-v1-", hex(64)),
  plain("Google", "AI", "za", random(35)),
  plain("Google OAuth", "ya", "29.", random(40)),
  plain("GitHub", "gh", "p_", random(36)),
  plain("GitHub fine-grained", "github", "_pat_", random(22), "_", random(59)),
  plain("GitLab", "gl", "pat-", random(20)),
  plain("Slack bot", "xo", "xb-1234567890-1234567890-", random(24)),
  plain("Slack app", "xa", "pp-1-A0123-1234-", random(32)),
  pair("Slack webhook", "https://hooks.slack.com/services/", `T0123ABCD/B0123ABCD/${random(24)}`),
  pair("Discord webhook", "https://discord.com/api/webhooks/123456789012345678/", random(68)),
  plain("AWS", "AK", "IA", "IOSFODNN7EXAMPLQ"),
  plain("JWT", "ey", "JhbGciOiJIUzI1NiJ9", ".", "eyJzdWIiOiIxMjM0In0", ".", random(43)),
  plain("Telegram bot", "123456789", ":", "AA", random(33)),
  plain("Discord bot", "M", random(23), ".", random(6), ".", random(38)),
  plain("Stripe", "sk", "_live_", random(24)),
  plain("Groq", "gs", "k_", random(52)),
  plain("Hugging Face", "h", "f_", random(34)),
  plain("npm", "np", "m_", random(36)),
  plain("gateway token", hex(48)),
  pair("dashboard URL", "http://127.0.0.1:18789/?token=", random(20)),
  pair("bearer", "Authorization: Bearer ", random(30)),
  pair("bearer in a sentence", "sent Bearer ", random(20)),
  pair("basic", "Authorization: Basic ", `${random(20)}==`),
  pair("URL with a password", "https://user:", "hunter2", "@example.org/x"),
  pair("URL with a token", "https://", random(24), "@example.org/x"),
  pair("password", "password: ", "hunter2"),
  pair("short password", "password=", "12345"),
  pair("API key", "api_key=", "abcdef"),
  pair("token in JSON", '{"token":"', "a b c-short", '"}'),
  pair("camel case", "botToken: ", "abc-def-ghi"),
  pair("environment", "OPENCLAW_GATEWAY_TOKEN=", "correct-horse"),
  pair("private key", "", `-----BEGIN ${PRIVATE} KEY-----\n${random(64)}\n${random(64, 3)}\n-----END PRIVATE KEY-----`),
  pair("private key in one line, cut", "", `-----BEGIN OPENSSH ${PRIVATE} KEY-----\\n${random(64)}`),
  // What follows is of the lists of gitleaks (config/gitleaks.toml) and secretlint, where our users may meet it.
  plain("OpenAI, letters only", "sk-", "svcacct-", letters(58)),
  plain("Hugging Face, letters only", "h", "f_", letters(34)),
  plain("Hugging Face organization", "api", "_org_", letters(34)),
  plain("xAI", "xa", "i-", random(80)),
  plain("Perplexity", "pp", "lx-", random(48)),
  plain("NVIDIA", "nv", "api-", random(64)),
  plain("Replicate", "r", "8_", random(37)),
  plain("Together", "tg", "p_v1_", random(43)),
  plain("ElevenLabs", "s", "k_", hex(48)),
  plain("LangSmith", "ls", "v2_pt_", hex(32), "_", hex(10)),
  ...["gho", "ghu", "ghs", "ghr"].map((name) => plain(`GitHub ${name}`, name, "_", random(36))),
  ...["gldt", "glrt", "glcbt", "glffct", "glft", "glimt", "glagent", "gloas", "glptt", "glsoat"].map((name) =>
    plain(`GitLab ${name}`, name, "-", random(20)),
  ),
  plain("GitLab, with a dot", "gl", "pat-", random(27), ".01.", hex(9)),
  plain("GitLab runner", "GR", "1348941", random(20)),
  ...["xoxa", "xoxe", "xoxo", "xoxp", "xoxr", "xoxs"].map((name) =>
    plain(`Slack ${name}`, name, "-1234567890-1234567890-", random(24)),
  ),
  plain("Slack configuration", "xo", "xe.xo", "xp-1-", random(60)),
  pair("Slack trigger", "https://hooks.slack.com/triggers/", `T0123ABCD/123456/${random(32)}`),
  pair("Discord webhook of a version", "https://discord.com/api/v10/webhooks/123456789012345678/", random(68)),
  pair("Teams webhook", "https://x.webhook.office.com/webhookb2/", `${hex(32)}@${hex(32)}/IncomingWebhook/${hex(32)}`),
  pair("Telegram in its address", "https://api.telegram.org/bot", `123456789:AA${random(33)}`, "/sendMessage"),
  plain("Twilio", "S", "K", hex(32)),
  pair("Twilio's other half", "TWILIO_AUTH_TOKEN=", hex(32)),
  pair("AWS secret", "aws_secret_access_key = ", `${random(36)}/+aZ`),
  plain("AWS session", "IQo", "Jb3JpZ2lu", random(80), "/+", random(9), "="),
  pair("Azure shared access", "https://x.blob.core.windows.net/a?sv=2024&sig=", `${random(40)}%3D`),
  pair("signed URL", "https://s3.amazonaws.com/x?X-Amz-Signature=", hex(64)),
  plain("Azure client secret", random(3), "8", "Q~", random(34)),
  plain("Stripe webhook", "wh", "sec_", random(32)),
  plain("npm, letters only", "np", "m_", letters(36)),
  plain("PyPI", "py", "pi-AgEIcHlwaS5vcmc", random(60)),
  plain("RubyGems", "ruby", "gems_", hex(48)),
  plain("Docker", "dc", "kr_pat_", random(27)),
  plain("DigitalOcean", "do", "p_v1_", hex(64)),
  plain("SendGrid", "S", "G.", random(22), ".", random(43)),
  plain("Linear", "lin", "_api_", random(40)),
  plain("Notion", "nt", "n_", "12345678901", random(35)),
  plain("Databricks", "da", "pi", hex(32)),
  plain("Atlassian", "AT", "ATT3", random(60)),
  plain("Figma", "fi", "gd_", random(40)),
  plain("Heroku", "HR", "KU-AA", random(58)),
  plain("Postman", "PM", "AK-", hex(24), "-", hex(34)),
  plain("Shopify", "sh", "pat_", hex(32)),
  plain("Square", "sq", "0atp-", random(22)),
  plain("Supabase", "sb", "p_", hex(40)),
  plain("Tailscale", "ts", "key-auth-", random(12), "-", random(32)),
  plain("Vault", "hv", "s.", random(90)),
  plain("PlanetScale", "psc", "ale_tkn_", random(43)),
  plain("Sendinblue", "xkey", "sib-", hex(64), "-", random(16)),
  plain("Sentry", "snt", "ryu_", hex(64)),
  plain("Grafana", "gl", "sa_", random(32), "_", hex(8)),
  plain("Grafana Cloud", "gl", "c_", random(40), "/+", random(9), "="),
  plain("1Password", "op", "s_ey", "J", random(250)),
  plain("Cloudflare", "v1.", "0-", hex(24), "-", hex(146)),
  plain("Alibaba", "LT", "AI", random(20)),
  plain("age", "AGE-", "SECRET-KEY-1", random(58).toUpperCase()),
  plain("Matrix", "sy", "t_", random(12), "_", random(20), "_1a2b3c"),
  plain("Matrix, its authentication service", "mc", "t_", random(30), "_1a2b3c"),
  pair("WhatsApp invitation", "https://chat.whatsapp.com/", random(22)),
  pair("Signal group", "https://signal.group/#", random(60)),
  pair("Signal device", "sgnl://linkdevice?", `uuid=${random(22)}&pub_key=${random(44)}`),
  pair("Telegram invitation", "https://t.me/+", random(16)),
  pair("cookies", "Cookie: ", `sid=${random(12)}; remember=${random(9)}`),
  pair("API key in words", "Incorrect API key provided: ", "abc-def-ghi"),
  pair("option", "clawdbot gateway --token ", "correct-horse"),
  pair("option with a hyphen", "x --api-key ", "hunter-two"),
  pair("URL with an @ in its password", "postgres://user:", "p@ss", "@db.example.org/x"),
  pair("in single quotes, cut", "password: '", "correct horse"),
  pair("a quotation mark in it", '{"password":"', 'ab\\"cd', '"}'),
];
