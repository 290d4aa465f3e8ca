"""The Python SDK's client at an agent: asks for a write four times (yes, no, cancel, left open), and prints what it saw as JSON.

python a2a_client.py ADDRESS newest|older REQUEST
"""

import asyncio
import json
import sys

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.client.card_resolver import A2ACardResolver
from a2a.helpers import get_message_text
from a2a.types.a2a_pb2 import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    SubscribeToTaskRequest,
    TaskState,
)

address, revision, request = sys.argv[1:]
CARDS = {"newest": "/.well-known/agent-card.json", "older": "/.well-known/agent.json"}


def said(number, text, **more):
    message = Message(message_id=f"m{number}", role=Role.ROLE_USER, parts=[Part(text=text)], **more)
    return SendMessageRequest(message=message)


def seen(status):
    return [TaskState.Name(status.state), get_message_text(status.message, delimiter=" ")]


async def main():
    async with httpx.AsyncClient(timeout=150) as http:
        card = await A2ACardResolver(http, address).get_agent_card(relative_card_path=CARDS[revision])

        def client(streaming):
            return ClientFactory(ClientConfig(httpx_client=http, streaming=streaming)).create(card)

        whole, streamed = client(False), client(True)
        found = {"name": card.name, "skills": [skill.id for skill in card.skills], "examples": list(card.skills[0].examples)}
        found["protocol"] = [interface.protocol_version for interface in card.supported_interfaces]

        async def sent(message):
            return [event.task async for event in whole.send_message(message)][-1]

        task = await sent(said(1, request))
        found["asked"] = seen(task.status)

        async def watch():
            states = []
            async for event in streamed.subscribe(SubscribeToTaskRequest(id=task.id)):
                watching.set()
                for status in ([event.task.status] if event.HasField("task") else []) + (
                    [event.status_update.status] if event.HasField("status_update") else []
                ):
                    states.append(TaskState.Name(status.state))
            return states

        watching = asyncio.Event()
        watched = asyncio.create_task(watch())
        await watching.wait()
        stream = []
        async for event in streamed.send_message(said(2, "yes", task_id=task.id, context_id=task.context_id)):
            stream.append(event.WhichOneof("payload"))
        found["stream"] = stream
        found["watched"] = await watched
        got = await whole.get_task(GetTaskRequest(id=task.id))
        found["done"] = seen(got.status)
        found["artifacts"] = [part.text for artifact in got.artifacts for part in artifact.parts]

        denied = await sent(said(3, request, context_id=task.context_id))
        found["denied"] = seen((await sent(said(4, "no", task_id=denied.id, context_id=denied.context_id))).status)

        cancelled = await sent(said(5, request))
        found["cancelled"] = seen((await whole.cancel_task(CancelTaskRequest(id=cancelled.id))).status)
        if revision == "newest":
            listed = await whole.list_tasks(ListTasksRequest(context_id=task.context_id))
            found["listed"] = [TaskState.Name(task.status.state) for task in listed.tasks]
        found["open"] = seen((await sent(said(6, request))).status)
        print(json.dumps(found))


asyncio.run(asyncio.wait_for(main(), 170))
