/** Shell code that puts this program's words under the gateway's own command, as git's `hub` does. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The gateway's own commands: it was renamed twice. */
export const WRAPPED_COMMANDS = ["clawdbot", "moltbot", "openclaw"] as const;
export type WrappedCommand = (typeof WRAPPED_COMMANDS)[number];
/** `<command> sessions <word>` is ours; every other line is the real command's. */
export const OUR_WORDS = ["doctor", "timeline", "reset", "watch", "explain"] as const;

const OURS = "clawdbot-sessions";
/** What a function of ours has in its body, and one of the user's has not. */
const MARK = `command ${OURS}`;

/**
 * The code to `eval` (bash, zsh) or to `source` (fish).
 *
 * A command that is not installed gets no wrapper, so that "is there a
 * clawdbot?" is still answered truthfully, and neither does one for which the
 * user has a function of his own. Evaluating it again changes nothing.
 */
export function shellInit(shell: Shell): string {
  const wrap = { bash: bashFunction, zsh: zshFunction, fish: fishFunction }[shell];
  return [`# ${OURS} shell-init ${shell}`, ...WRAPPED_COMMANDS.map(wrap), ""].join("\n");
}

// `function name {` and not `name() {`: an alias of that name would be expanded in the latter.
function posixBody(command: string): string {
  return `  function ${command} {
    if [ "\${1-}" = sessions ]; then
      case "\${2-}" in
        ${OUR_WORDS.join("|")})
          shift
          \\command ${OURS} "$@"
          return
          ;;
      esac
    fi
    \\command ${command} "$@"
  }`;
}

function bashFunction(command: string): string {
  return `if \\type -P ${command} >/dev/null && { ! \\declare -F ${command} >/dev/null || [[ "$(\\declare -f ${command})" == *"${MARK}"* ]]; }; then
${posixBody(command)}
fi`;
}

function zshFunction(command: string): string {
  return `if \\builtin whence -p ${command} >/dev/null && [[ -z "\${functions[${command}]-}" || "\${functions[${command}]-}" == *"${MARK}"* ]]; then
${posixBody(command)}
fi`;
}

function fishFunction(command: string): string {
  return `if command -s ${command} >/dev/null; and begin; not functions -q ${command}; or functions ${command} | string match -q '*${MARK}*'; end
  function ${command}
    if test (count $argv) -ge 2; and test "$argv[1]" = sessions; and contains -- "$argv[2]" ${OUR_WORDS.join(" ")}
      command ${OURS} $argv[2..-1]
    else
      command ${command} $argv
    end
  end
end`;
}
