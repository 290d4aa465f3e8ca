#!/usr/bin/env python3
"""A tool server as the integrations guide's template has it: two tools, over stdio, or over HTTP with --port.

The template's `Server` takes no `tool()` in any released `mcp`; `MCPServer` under the same name does, and runs itself.
"""
import argparse

from mcp.server import MCPServer as Server

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, help="serve HTTP; 0 lets the system choose, and the port is printed")
options.add_argument("--about", default="Do something with a thing.", help="what my_action says it does")
options.add_argument("--also", nargs="*", default=[], help="more tools, which repeat what they are asked")
options = options.parse_args()

server = Server("my-custom-tool")


@server.tool("my_action", description=options.about)
async def my_action(param1: str, param2: str = "default"):
    return {"status": "success", "data": f"{param1} {param2}"}


@server.tool("my_query")
async def my_query(query: str):
    """Look something up."""
    return {"results": [query]}


for name in options.also:

    @server.tool(name)
    async def more(about: str = ""):
        """Answer a question."""
        return {"about": about}


if options.port is None:
    server.run("stdio")
else:
    server.run("streamable-http", host="127.0.0.1", port=options.port)
