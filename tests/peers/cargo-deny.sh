#!/usr/bin/env bash
# Licences, bans and sources of every dependency; advisories too where their database can be reached. They are RustSec's, the
# database that `cargo audit` reads, so that would find nothing more and is not run.
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
# Asked apart from the check, so that a finding is never taken for a database that is away.
mkdir -p target/peers
if timeout 60 "$tool" --log-level error fetch db >target/peers/advisories.log 2>&1; then
  "$tool" --log-level error check advisories
else
  echo "advisories not checked: their database can't be reached from here (target/peers/advisories.log)"
fi
