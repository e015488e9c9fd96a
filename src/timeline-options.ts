import { Option } from "commander";
import type { Command } from "commander";

import {
  colorOption,
  doctorOptions,
  filterOptions,
  logsArgument,
  readingOptions,
  REDACT_SAYS,
  type DoctorOptions,
  type RawDoctorOptions,
  outputFile,
} from "./doctor-options.ts";
import { examples } from "./help.ts";
import type { Io } from "./io.ts";
import { MARK_TEXT } from "./reporters/picture/model.ts";
import type { ReporterEntry } from "./reporters/reporter.ts";

interface RawTimelineOptions extends Omit<RawDoctorOptions, "format" | "failOn"> {
  ascii?: true;
}

/** No `--format` of `doctor`: a command of its own. */
const TIMELINE: ReporterEntry = {
  name: "timeline",
  description: "the picture in text",
  needsEveryRun: true,
  load: async () => (await import("./reporters/timeline.ts")).timeline,
};

/** `timeline` reads as `doctor` does, and shows instead of judging. */
export function timelineCommand(command: Command, io: Io, found: (options: DoctorOptions) => void): Command {
  const output = logsArgument(command)
    .description("Draw the runs of each session over time, with restarts, crashes, silences and waiting messages.")
    .optionsGroup("Output:")
    .option("--ascii", "no signs beyond ASCII (default: where the terminal's locale has no UTF-8)")
    .option("--output <file>", "write the picture to a file, whole or not at all")
    .option("--redact", REDACT_SAYS)
    .option("--utc", "times in UTC, shown and understood")
    .addOption(colorOption("colours; no state is told by its colour alone"))
    .addOption(new Option("-v, --verbose", "every session, also those where all went well"));
  return readingOptions(filterOptions(output, "What is shown:"))
    .addHelpOption(new Option("-h, --help", "print this help").helpGroup("Other:"))
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions timeline", "this machine's gateway"],
        ["clawdbot-sessions timeline --since 2h --session main", "one session, lately"],
        ["clawdbot-sessions timeline --utc --ascii --redact gateway.log", "for a bug report"],
      ]),
    )
    .addHelpText(
      "after",
      [
        "",
        `Marks:  R ${MARK_TEXT["in-process-restart"]}, N ${MARK_TEXT.respawn},`,
        `        S ${MARK_TEXT.stop}, X ${MARK_TEXT.crash}, U ${MARK_TEXT.start}`,
        "",
        "Exit codes: 0 drawn, whatever was found; 2, 3, 70 and 130 as in `doctor`.",
        "In a browser, to zoom and click: clawdbot-sessions doctor --format html --output page.html",
      ].join("\n"),
    )
    .action((logs: string[], raw: RawTimelineOptions) => {
      const options = doctorOptions(logs, { ...raw, format: "pretty", failOn: "never" }, io);
      const ascii = raw.ascii ?? (io.stdout.isTTY && outputFile(raw.output) === undefined && !showsUnicode(io.env));
      found({ ...options, format: TIMELINE, render: { ...options.render, ascii } });
    });
}

/**
 * Whether a terminal of this locale shows more than ASCII. Where no locale is
 * set at all, as in most containers, the terminal outside nearly always does.
 */
function showsUnicode(env: Io["env"]): boolean {
  if (env["TERM"] === "dumb") return false;
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return locale === "" || /utf-?8/i.test(locale);
}
