"""The Python SDK's client at a tool server: lists the tools, makes calls, and prints what it saw as JSON.

python mcp_calls.py ADDRESS legacy|auto TOOL ARGUMENTS [TOOL ARGUMENTS]...
"""

import asyncio
import json
import sys

from mcp import Client, MCPError


async def called(client: Client, tool: str, arguments: str) -> dict:
    try:
        result = await client.call_tool(tool, json.loads(arguments))
    except MCPError as error:
        return {"error": True, "text": str(error), "structured": None}
    text = "".join(block.text for block in result.content)
    return {"error": result.is_error, "text": text, "structured": result.structured_content}


async def main(address: str, mode: str, *calls: str) -> None:
    async with Client(address, mode=mode) as client:
        tools = [
            {
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "read_only": tool.annotations and tool.annotations.read_only_hint,
                "output_schema": tool.output_schema is not None,
            }
            for tool in (await client.list_tools()).tools
        ]
        pairs = zip(calls[::2], calls[1::2], strict=True)
        print(json.dumps({
            "server": client.server_info.name,
            "protocol": client.protocol_version,
            "tools": tools,
            "calls": [await called(client, tool, arguments) for tool, arguments in pairs],
        }))


asyncio.run(main(*sys.argv[1:]))
