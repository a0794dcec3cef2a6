#!/usr/bin/env bash
# The tools of `make check` that are not Python packages. As root on Debian they are installed;
# anywhere else a message names what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=(
  [chromium]=chromium
  [java]=default-jre-headless
  [nano]=nano
  [node]=nodejs
  [npm]=npm
  [pdftotext]=poppler-utils
  [tmux]=tmux
  [vi]=vim-tiny
  # What a site is deployed by and to.
  [git]=git
  [nginx]=nginx-light
  [rsync]=rsync
  [ssh]=openssh-client
  [sshd]=openssh-server
)
PATH=$PATH:/usr/sbin # where servers are
missing=()
for tool in "${!package[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${package[$tool]}")
done
# A page is looked at in a real browser, which needs a font for each script that it shows.
if command -v fc-list >/dev/null && [[ -z $(fc-list ':lang=hi' family) ]]; then
  missing+=(fonts-noto-core)
fi

if ((${#missing[@]})); then
  if [[ -f /etc/debian_version && $(id -u) -eq 0 ]]; then
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "make check needs these Debian packages (or what they are elsewhere): ${missing[*]}" >&2
    exit 1
  fi
fi

# The figures are looked at in Firefox, too, where there is one; elsewhere those tests are skipped.
if ! command -v firefox-esr firefox >/dev/null && [[ -f /etc/debian_version && $(id -u) -eq 0 ]]; then
  echo "installing: firefox-esr"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends firefox-esr >/dev/null ||
    echo "no Firefox: its tests will be skipped" >&2
fi

# None of these packages needs a script of its own to be installed.
npm ci --silent --no-audit --no-fund --ignore-scripts
