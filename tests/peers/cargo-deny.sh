#!/usr/bin/env bash
# Licences, bans and sources of every dependency; advisories too where their database can be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.20.2
tool=$(command -v cargo-deny || true)
if [ -z "$tool" ]; then
  tool=target/peers/bin/cargo-deny
  if [ ! -x "$tool" ]; then
    echo "building cargo-deny $version into target/peers (once)"
    cargo install --quiet --locked --root target/peers --target-dir target/peers/cargo-deny-build "cargo-deny@$version"
    rm -rf target/peers/cargo-deny-build
  fi
fi
"$tool" --log-level error check licenses bans sources
if timeout 60 "$tool" --log-level off check advisories >target/peers/advisories.log 2>&1; then
  echo "advisories ok"
elif grep -qi "advisory database\|failed to fetch\|git" target/peers/advisories.log || [ ! -s target/peers/advisories.log ]; then
  echo "advisories not checked: their database can't be reached from here"
else
  cat target/peers/advisories.log >&2
  exit 1
fi
