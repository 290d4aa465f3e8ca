"""python -m unittest"""

import unittest

from mcp import Client

import server


class Tools(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        server.items.clear()

    async def test_what_was_added_is_listed(self):
        async with Client(server.server) as client:
            await client.call_tool("add_item", {"item": "rice"})
            result = await client.call_tool("list_items")
            self.assertEqual(result.content[0].text, "rice")

    async def test_nothing_is_added_twice(self):
        async with Client(server.server) as client:
            await client.call_tool("add_item", {"item": "rice"})
            result = await client.call_tool("add_item", {"item": "rice"})
            self.assertTrue(result.is_error)
            self.assertEqual(server.items, ["rice"])
