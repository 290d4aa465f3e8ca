#!/usr/bin/env bash
# The programs the tests talk to, pinned, into target/peers: a Python environment, and Node modules that are MCP servers,
# the conformance suite with the Node it needs, and a browser driver. Also the collection that retrieval is measured on.
set -euo pipefail
cd "$(dirname "$0")"
peers=../../target/peers
mkdir -p "$peers"
peers=$(cd "$peers" && pwd)

wanted=$(cat requirements.txt package.json install.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat "$peers/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "installing the tests' peers into target/peers"
[ -x "$peers/python/bin/python" ] || python3 -m venv "$peers/python"
# As modules: the programs in bin/ hold the path of the folder they were made in.
"$peers/python/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
# Its own server needs an older MCP SDK, which is not used here; what the rest of it needs is among the requirements.
"$peers/python/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps mockpost==0.3.0
cp package.json "$peers/package.json"
# The package `node` puts a second Node into node_modules/.bin by an install script; the tests start Node by its full path.
(cd "$peers" && npm install --silent --no-audit --no-fund --no-package-lock)

# A public collection to measure retrieval on: topics of one person, and the notes and abstracts filed under them.
rm -rf "$peers/retrieval" && mkdir -p "$peers/retrieval"
"$peers/python/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary cherche --dest "$peers/retrieval" cherche==2.2.1
tar -xzf "$peers/retrieval/cherche-2.2.1.tar.gz" -C "$peers/retrieval" --strip-components=4 \
  cherche-2.2.1/cherche/data/semanlink/docs.json cherche-2.2.1/cherche/data/semanlink/tags.json
rm "$peers/retrieval/cherche-2.2.1.tar.gz"

# Said here, because a peer that can't start is hard to tell from a peer that fails.
elsewhere=$(mktemp -d)
for module in mcp_server_time mcp_server_git mockpost.main; do
  # MockPost makes files where it is started.
  (cd "$elsewhere" && "$peers/python/bin/python" -c "import $module") || { echo "$module was installed and can't be imported: remove target/peers and run make peers again" >&2; exit 1; }
done
rm -rf "$elsewhere"
"$peers/node_modules/node/bin/node" --version >/dev/null || { echo "the Node of the conformance suite does not start: remove target/peers and run make peers again" >&2; exit 1; }
echo "$wanted" > "$peers/installed"
