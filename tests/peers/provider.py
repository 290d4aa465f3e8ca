"""A stand-in for the providers of the integrations guide: MCP servers at exactly the addresses it is given, keys and all.

A tool is `name`, which repeats what it is about, or `read:name` or `write:name`, which say so of themselves; an own
description may follow, `read:name:What it does.`. Each call of one of these is a line of --file before anything else is
done, so that a test counts what happened rather than what was said; --pipe then holds calls until somebody writes there.
"""
import argparse
import contextlib
import json
import os

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, default=0)
options.add_argument("--at", nargs="+", action="append", default=[], metavar=("ADDRESS", "TOOL"), help="a path, with its query if it needs one, and the tools there")
options.add_argument("--paths", nargs="+", default=[], help="more addresses, which share the tools of --tools")
options.add_argument("--tools", nargs="+", default=[])
options.add_argument("--sse", nargs="+", default=[], help="which of the addresses speak the older HTTP+SSE")
options.add_argument("--stateless", action="store_true", help="answers in plain JSON, without sessions")
options.add_argument("--header", help="what every request must bring, like 'Authorization: Bearer KEY'")
options.add_argument("--answer", help="what reads bring")
options.add_argument("--file", help="gets a line for every call")
options.add_argument("--pipe", help="holds every call until it is written to; without a file of this name nothing is held")
options = options.parse_args()


async def note(name, arguments):
    if options.file:
        with open(options.file, "a") as file:
            file.write(f"{name} {json.dumps(arguments)}\n")
            file.flush()
            os.fsync(file.fileno())
    if options.pipe and os.path.exists(options.pipe):
        await anyio.to_thread.run_sync(lambda: open(options.pipe).read())


def offer(server, kind, name, description):
    async def read(query: str) -> str:
        await note(name, {"query": query})
        return options.answer or f"Found for {query}: one."

    async def write(to: str, text: str) -> str:
        await note(name, {"to": to, "text": text})
        return f"Done for {to}."

    words = description or f"{name.replace('_', ' ').capitalize()}."
    annotations = ToolAnnotations(read_only_hint=kind == "read", destructive_hint=False)
    server.add_tool(read if kind == "read" else write, name, description=words, annotations=annotations)


def served(address, tools):
    server = MCPServer("provider")
    for tool in tools:
        kind, _, rest = tool.partition(":")
        if rest:
            offer(server, kind, *(rest.split(":", 1) + [""])[:2])
            continue

        @server.tool(tool)
        async def plain(about: str = "") -> str:
            """Repeat what it is about."""
            return about

    if address in options.sse:
        messages = f"/messages/{len(apps)}/"
        return server.sse_app(sse_path="/sse", message_path=messages), "/sse", messages
    app = server.streamable_http_app(host="127.0.0.1", stateless_http=options.stateless, json_response=options.stateless)
    return app, "/mcp", None


apps = {}
for address, *tools in options.at + [[path, *options.tools] for path in options.paths]:
    apps[address] = served(address, tools)


@contextlib.asynccontextmanager
async def running(_):
    async with contextlib.AsyncExitStack() as stack:
        for app, _, _ in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield


outer = Starlette(lifespan=running)


async def at_its_addresses(scope, receive, send):
    if scope["type"] != "http":
        return await outer(scope, receive, send)
    if options.header:
        name, value = options.header.split(": ", 1)
        if dict(scope["headers"]).get(name.lower().encode(), b"").decode() != value:
            return await PlainTextResponse("no", 401)(scope, receive, send)
    path, query = scope["path"], scope["query_string"].decode()
    for app, _, messages in apps.values():
        if messages and path.startswith(messages):
            return await app(scope, receive, send)
    app, inside, _ = apps.get(f"{path}?{query}" if query else path, (None, None, None))
    if app:
        return await app({**scope, "path": inside, "raw_path": inside.encode()}, receive, send)
    # Right place, wrong key; or no place at all.
    status = 401 if any(address.startswith(f"{path}?") for address in apps) else 404
    await PlainTextResponse("no", status)(scope, receive, send)


uvicorn.run(at_its_addresses, host="127.0.0.1", port=options.port, log_level="info")
