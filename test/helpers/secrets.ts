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
];
