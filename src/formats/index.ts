/** The forms that the tool reads. A new one is a file of its own and a line here. */
import { bare } from "./bare.ts";
import { githubActions } from "./ci.ts";
import { consoleCompact } from "./console-compact.ts";
import { consoleJson } from "./console-json.ts";
import { consolePretty } from "./console-pretty.ts";
import { cri, dockerCompose, dockerJson, dockerTimestamps } from "./containers.ts";
import type { EnvelopeFormat, LineFormat } from "./format.ts";
import { journaldFull, journaldIso, journaldJson, journaldShort, journaldUnix } from "./journald.ts";
import { logsJson } from "./logs-json.ts";
import { logsPlain } from "./logs-plain.ts";
import { timeline } from "./timeline.ts";
import { tslog } from "./tslog.ts";
import { appWrapper, fly, pm2, ts } from "./wrappers.ts";

export const LINE_FORMATS: readonly LineFormat[] = [
  tslog,
  consoleJson,
  logsJson,
  consoleCompact,
  consolePretty,
  logsPlain,
  timeline,
  bare,
];

export const ENVELOPE_FORMATS: readonly EnvelopeFormat[] = [
  journaldShort,
  journaldIso,
  journaldFull,
  journaldUnix,
  journaldJson,
  dockerCompose,
  dockerTimestamps,
  dockerJson,
  cri,
  githubActions,
  appWrapper,
  pm2,
  fly,
  ts,
];
