"""The Python SDK's client at an address: lists the tools, calls one, and answers what it is asked.

python mcp_client.py ADDRESS legacy|auto yes|no|unticked
"""

import asyncio
import sys

from mcp import Client, types

ANSWERS = {
    "yes": types.ElicitResult(action="accept", content={"approve": True}),
    "no": types.ElicitResult(action="decline"),
    "unticked": types.ElicitResult(action="accept", content={"approve": False}),
}


async def main(address: str, mode: str, answer: str) -> None:
    async def asked(_context, params):
        print("asked:", params.message)
        return ANSWERS[answer]

    async with Client(address, mode=mode, elicitation_callback=asked) as client:
        for tool in (await client.list_tools()).tools:
            print("tool:", tool.name)
        result = await client.call_tool("fixture__test_simple_text", {})
        print("result:", result.content[0].text)


asyncio.run(main(*sys.argv[1:]))
