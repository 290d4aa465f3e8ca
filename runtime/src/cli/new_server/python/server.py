"""{{name}}: a list that a persona can read and add to. Put tools of your own in their place.

python server.py               over stdio, for a program that starts it
python server.py --port 9300   over HTTP, at http://localhost:9300/mcp
"""

import argparse

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("{{name}}")
items: list[str] = []


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def list_items() -> str:
    """Say what is on the {{name}} list."""
    return ", ".join(items) or "The list is empty."


@server.tool()
def add_item(item: str) -> str:
    """Put an item on the {{name}} list."""
    if item in items:
        # What is raised is told to the persona, who says it aloud.
        raise ValueError(f"{item} is on the list already")
    items.append(item)
    return f"{item} is on the list."


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int)
    port = arguments.parse_args().port
    if port is None:
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=port)
