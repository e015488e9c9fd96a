#!/usr/bin/env bash
# Installs from Debian what the tests run beside Node and npm, as far as it is
# missing. No test skips itself where a tool is not there: it fails and names it.
set -euo pipefail

declare -A packages=(
  [zsh]=zsh [fish]=fish         # the shells that shell-init and completion speak, beside bash
  [shellcheck]=shellcheck       # judges the script of install-shim
  [jq]=jq [parallel]=parallel   # in the recipes of docs/
  [systemd-analyze]=systemd     # judges the unit of watch; nothing is run by it
  [script]=bsdutils             # gives a program a terminal
)
missing=()
for program in "${!packages[@]}"; do
  command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
# The page of --format html is tested in a real browser.
if [ -z "${CHROMIUM_PATH:-}" ] && ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  missing+=(chromium)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "The tests need: ${missing[*]}. Install them with your system's package manager." >&2
  exit 1
fi
echo "installing ${missing[*]} (set CHROMIUM_PATH to use another browser)"
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
