#!/usr/bin/env bash
# The programs the tests talk to, pinned, into target/peers: a Python environment and a browser driver.
set -euo pipefail
cd "$(dirname "$0")"
peers=../../target/peers
mkdir -p "$peers"
peers=$(cd "$peers" && pwd)

wanted=$(cat requirements.txt package.json | sha256sum | cut -d' ' -f1)
if [ "$(cat "$peers/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "installing the tests' peers into target/peers"
python3 -m venv "$peers/python"
"$peers/python/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
cp package.json "$peers/package.json"
(cd "$peers" && npm install --silent --no-audit --no-fund --no-package-lock)
echo "$wanted" > "$peers/installed"
