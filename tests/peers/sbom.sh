#!/usr/bin/env bash
# What the program consists of, as CycloneDX: target/sbom/homepilot.cdx.json, with every crate that is linked into it and every
# model of the catalogue.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.5.9
tool=target/peers/bin/cargo-cyclonedx
if [ ! -x "$tool" ]; then
  echo "building cargo-cyclonedx $version into target/peers (once)"
  cargo install --quiet --locked --root target/peers --target-dir target/peers/cargo-cyclonedx-build "cargo-cyclonedx@$version"
  rm -rf target/peers/cargo-cyclonedx-build
fi
# It writes beside the manifest of every crate of the workspace; the program's own is the one that counts.
name=homepilot-sbom
clean() { git ls-files '*Cargo.toml' | while read -r manifest; do rm -f "$(dirname "$manifest")/$name.json"; done; }
trap clean EXIT
# Without a date and a random number, the same sources have the same bill.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$tool" cyclonedx --quiet --format json --spec-version 1.5 --all \
  --override-filename "$name" --manifest-path runtime/Cargo.toml
mkdir -p target/sbom
python3 tests/peers/sbom.py "runtime/$name.json" models/catalog.toml target/sbom/homepilot.cdx.json
