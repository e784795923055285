"""Talks to a server of the Model Context Protocol as an assistant's program does, by the SDK for Python.

    mcp_client.py SERVER ARGUMENT...

Standard input has a JSON list of calls, [tool, arguments] each; standard output gets one JSON document: who the server
says it is, its instructions, its tools, and of each call whether it failed and what it gave.
"""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        begun = await session.initialize()
        told = {"name": begun.server_info.name, "instructions": begun.instructions, "tools": {}, "calls": []}
        for tool in (await session.list_tools()).tools:
            told["tools"][tool.name] = {
                "read_only": tool.annotations.read_only_hint,
                "asks_for": sorted(tool.input_schema["properties"]),
            }
        for name, arguments in json.load(sys.stdin):
            try:
                result = await session.call_tool(name, arguments)
                texts = [block.text for block in result.content]
                told["calls"].append({"failed": bool(result.is_error), "texts": texts})
            except Exception as error:  # What the protocol itself refuses.
                told["calls"].append({"failed": True, "texts": [str(error)]})
    json.dump(told, sys.stdout)


asyncio.run(main())
