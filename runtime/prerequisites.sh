#!/usr/bin/env bash
# Installs the system packages that are missing, and says which and why. `run` is what building and serving need,
# `test` what the suite needs on top. Asks nothing; without the rights to install it prints the command and stops.
set -euo pipefail

declare -A why=(
  [cmake]="builds whisper.cpp and llama.cpp"
  [g++]="builds whisper.cpp and llama.cpp"
  [libclang-dev]="reads the engines' headers"
  [pkg-config]="finds libraries"
  [libasound2-dev]="talks to the microphone and the loudspeaker"
  [libgomp1]="threads of the engines"
  [espeak-ng]="turns words into phonemes for the voice (run as a program, never linked)"
  [python3-pip]="fetches model weights from PyPI"
  [python3-venv]="holds the Python peers of the tests"
  [curl]="sends the guide's requests in the tests"
  [git]="is what a peer of the tests writes with"
  [chromium]="drives the page in the tests"
  [nodejs]="runs the page's own tests"
  [npm]="fetches the MCP servers and the browser driver of the tests"
  [searx]="is searched with in the tests of web search"
  [dovecot-imapd]="keeps the mail of the tests"
  [dovecot-lmtpd]="takes the mail of the tests in"
  [postfix]="sends the mail of the tests"
  [pulseaudio]="is the sound system of the tests"
  [pulseaudio-utils]="plays and records in the tests"
  [libasound2-plugins]="leads ALSA to PulseAudio in the tests"
)

# How each is recognised without asking the package manager.
has() {
  case "$1" in
    # Not libclang-cpp, which other packages bring along.
    libclang-dev) compgen -G '/usr/lib/llvm-*/lib/libclang[.-][s0-9]*' >/dev/null || compgen -G '/usr/lib/*/libclang[.-][s0-9]*' >/dev/null ;;
    libasound2-dev) [ -e /usr/include/alsa/asoundlib.h ] ;;
    libgomp1) compgen -G '/usr/lib/*/libgomp.so.1' >/dev/null ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 || command -v pip3 >/dev/null || command -v pip >/dev/null ;;
    python3-venv) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 ;;
    nodejs) command -v node >/dev/null ;;
    dovecot-imapd) [ -x /usr/lib/dovecot/imap ] ;;
    dovecot-lmtpd) [ -x /usr/lib/dovecot/lmtp ] ;;
    postfix) [ -x /usr/sbin/postfix ] ;;
    searx) command -v searx-run >/dev/null ;;
    pulseaudio-utils) command -v parec >/dev/null ;;
    libasound2-plugins) compgen -G '/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so' >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

case "${1:-run}" in
  run) wanted=(cmake g++ libclang-dev pkg-config libasound2-dev libgomp1 espeak-ng python3-pip) ;;
  test) wanted=(python3-venv curl git chromium nodejs npm searx dovecot-imapd dovecot-lmtpd postfix pulseaudio pulseaudio-utils libasound2-plugins) ;;
  *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  has "$package" || { missing+=("$package"); echo "missing: $package (${why[$package]})"; }
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "install these with your package manager, then run make again: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if sudo -n true 2>/dev/null; then
    as_root=(sudo)
  else
    echo "no right to install; run this, then make again:  sudo apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
for package in "${missing[@]}"; do
  has "$package" || { echo "$package was installed and is still not found: see apt-get's output with  apt-get install $package" >&2; exit 1; }
done
