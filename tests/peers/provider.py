"""A stand-in for the providers of the integrations guide: one MCP server at exactly the paths it is given, keys and all."""
import argparse

import uvicorn
from mcp.server import MCPServer

options = argparse.ArgumentParser()
options.add_argument("--paths", nargs="+", required=True)
options.add_argument("--tools", nargs="+", required=True)
options = options.parse_args()

server = MCPServer("provider")
for name in options.tools:

    @server.tool(name)
    async def tool(about: str = "") -> str:
        """Repeat what it is about."""
        return about


app = server.streamable_http_app(host="127.0.0.1")


async def at_its_paths(scope, receive, send):
    if scope["type"] == "http":
        path = "/mcp" if scope["path"] in options.paths else "/nothing"
        scope = {**scope, "path": path, "raw_path": path.encode()}
    await app(scope, receive, send)


uvicorn.run(at_its_paths, host="127.0.0.1", port=0, log_level="info")
