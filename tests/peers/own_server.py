"""An MCP server of one's own, after the guide: a light one can switch and ask about.

It appends a line to a file for every time it really acts, so that a test counts what happened rather than what was said.
"""
import argparse, os, time
from mcp.server.mcpserver import MCPServer

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--file", required=True)
arguments.add_argument("--says", default="Switch the light of a room on or off.", help="what its tool is said to do")
arguments = arguments.parse_args()

server = MCPServer("lights")


def note(line):
    with open(arguments.file, "a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@server.tool(description=arguments.says)
def switch_light(room: str, state: str) -> str:
    note(f"{room} {state}")
    if room == "cellar":  # never answers
        time.sleep(600)
    return f"The light in the {room} is {state}."


server.run(transport="streamable-http", host="127.0.0.1", port=arguments.port)
