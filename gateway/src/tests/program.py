"""A server of MCP 2025-11-25 over standard input and output, in plain Python."""
import json, os, subprocess, sys

names = ["pid", "env", "spawn", "die", "huge", "grow"]

def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()

def text(message):
    return {"content": [{"type": "text", "text": str(message)}]}

def call(name):
    if name == "pid":
        return text(os.getpid())
    if name == "env":
        return text(json.dumps(dict(os.environ)))
    if name == "spawn":
        child = subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return text(child.pid)
    if name == "grow":
        names.append("grown")
        say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        return text("grown")
    if name == "die":
        sys.stderr.write("fell over, key " + os.environ.get("KEY", "none") + "\n")
        sys.stderr.flush()
        os._exit(3)
    if name == "huge":
        sys.stdout.write("x" * (9 * 1024 * 1024))
        sys.stdout.flush()

if "--broken" in sys.argv:
    sys.exit("no module named nothing")
for line in sys.stdin:
    request = json.loads(line)
    method, answer = request.get("method"), None
    if "id" not in request:
        continue
    if method == "initialize":
        answer = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}}, "serverInfo": {"name": "program", "version": "1"}}
    elif method == "ping":
        answer = {}
    elif method == "tools/list":
        answer = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}
    elif method == "tools/call":
        answer = call(request["params"]["name"])
    if answer is None:
        say({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no such method"}})
    else:
        say({"jsonrpc": "2.0", "id": request["id"], "result": answer})
