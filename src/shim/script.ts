/** The script that stands in for the gateway's own command where no shell function can: services, CI, agents. */
import { OUR_WORDS } from "../shell-init.ts";

const OURS = "clawdbot-sessions";

/** The second line of every shim: by it a shim knows another one, and `install-shim` what it may replace. */
export const MARK = `# ${OURS} install-shim: this file is written by it, and removed by it with --remove`;

/** The program as it was at installation; used where PATH does not lead to it. */
export interface OurProgram {
  /** The absolute path of the Node that ran it. */
  readonly node: string;
  /** The absolute path of `bin/clawdbot-sessions.js`. */
  readonly file: string;
}

/**
 * POSIX sh, without a single program from outside, so that it works whatever PATH holds.
 *
 * The real command is the next one on PATH that is not a shim. Shims are known
 * by their mark and not by their path, so a link, a copy, a folder that is twice
 * on PATH and a relative one cannot make it call itself. What stands before the
 * shim is taken only where nothing stands behind: a wrapper there may be the
 * very one that called us. The variables have names that no environment holds,
 * for one that is set there would be handed on changed.
 */
export function shimScript(command: string, { node, file }: OurProgram): string {
  return `#!/bin/sh
${MARK}
# \`${command} sessions ${OUR_WORDS.join("|")}\` runs ${OURS}; every other word goes to the real ${command}.
shim_mark=${quotePosix(MARK)}

is_shim() {
  { IFS= read -r shim_line && IFS= read -r shim_line; } 2>/dev/null <"$1" && [ "$shim_line" = "$shim_mark" ]
}

if [ "\${1-}" = sessions ]; then
  case "\${2-}" in
    ${OUR_WORDS.join(" | ")})
      shift
      if command -v ${OURS} >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then
        exec ${OURS} "$@"
      fi
      shim_node=${quotePosix(node)}
      shim_program=${quotePosix(file)}
      if [ -x "$shim_node" ] && [ -f "$shim_program" ]; then
        exec "$shim_node" "$shim_program" "$@"
      fi
      printf '%s\\n' '${command}: ${OURS} is not on the PATH, and no longer where it was when this shim was installed' >&2
      exit 127
      ;;
  esac
fi

shim_before=
shim_passed=
shim_rest=\${PATH-}:
while [ -n "$shim_rest" ]; do
  shim_folder=\${shim_rest%%:*}
  shim_rest=\${shim_rest#*:}
  shim_candidate=\${shim_folder:-.}/${command}
  case $shim_candidate in /*) ;; *) shim_candidate=./$shim_candidate ;; esac
  if [ ! -f "$shim_candidate" ] || [ ! -x "$shim_candidate" ]; then
    continue
  elif is_shim "$shim_candidate"; then
    shim_passed=yes
  elif [ -n "$shim_passed" ]; then
    exec "$shim_candidate" "$@"
  elif [ -z "$shim_before" ]; then
    shim_before=$shim_candidate
  fi
done
if [ -n "$shim_before" ]; then
  exec "$shim_before" "$@"
fi
printf '%s\\n' '${command}: the real ${command} is not on the PATH, there is only this shim of ${OURS}' >&2
exit 127
`;
}

/** One word for every sh, whatever is in it. */
function quotePosix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
