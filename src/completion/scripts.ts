/**
 * The code that a shell loads to complete our words. It is ours and not the
 * library's, because those scripts run the typed line through `eval`: in bash a
 * Tab behind `> file` empties the file, and one behind `$(…)` runs it. Here
 * typed words and candidates are only ever passed on as arguments.
 */
import type { Shell } from "../shell-init.ts";

const NAMES = "clawdbot-sessions openclaw-sessions";

/** The code to `eval` (bash, zsh) or to `source` (fish). Evaluating it again changes nothing. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

// bash 3.2 of macOS has no mapfile and no compopt; there files are offered everywhere.
const BASH = `# clawdbot-sessions completion bash
_clawdbot_sessions() {
  local line=\${COMP_LINE:0:COMP_POINT} reply
  local -a words
  # Not COMP_WORDS: those are cut at = and :, which stand in options and session keys.
  IFS=$' \\t' read -ra words <<<"$line"
  [[ $line == *[[:blank:]] ]] && words+=("")
  # bash puts a candidate in the place of what stands behind the last of these.
  local typed=\${words[\${#words[@]}-1]} kept='' i
  for ((i = \${#typed}; i > 0; i--)); do
    if [[ \${typed:i-1:1} == [=:@] && $COMP_WORDBREAKS == *"\${typed:i-1:1}"* ]]; then
      kept=\${typed:0:i}
      break
    fi
  done
  COMPREPLY=()
  while IFS= read -r reply; do
    case $reply in
      :files) ;;
      :none) compopt +o default 2>/dev/null ;;
      "$kept"*)
        reply=\${reply%%$'\\t'*}
        COMPREPLY+=("\${reply#"$kept"}")
        ;;
    esac
  done < <(command clawdbot-sessions complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _clawdbot_sessions ${NAMES}
`;

const ZSH = `#compdef ${NAMES}
# clawdbot-sessions completion zsh
_clawdbot_sessions() {
  local line
  local -a answer candidates
  # (Q) takes one level of quotes away and runs nothing.
  answer=("\${(@f)$(command clawdbot-sessions complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)answer[1,-2]}"; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then
    _describe -t words word candidates
  elif [[ \${answer[-1]-} == :files ]]; then
    _files
  fi
}
if [[ \${funcstack[1]-} == _clawdbot_sessions ]]; then
  _clawdbot_sessions "$@"
else
  compdef _clawdbot_sessions ${NAMES}
fi
`;

const FISH = `# clawdbot-sessions completion fish
function __clawdbot_sessions_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l answer (command clawdbot-sessions complete -- $words[2..-1] "$typed" 2>/dev/null)
  if test (count $answer) -gt 1
    printf '%s\\n' $answer[1..-2]
  else if test "$answer" = :files
    __fish_complete_path "$typed"
  end
end
for name in ${NAMES}
  complete -c $name -e
  complete -c $name -f -a '(__clawdbot_sessions_complete)'
end
`;
