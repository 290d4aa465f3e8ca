"""An A2A agent on the official Python SDK, whose behaviour is chosen by the first word it hears.

python a2a_agent.py [--port N] [--no-streaming] [--binding JSONRPC|HTTP+JSON] [--version 1.0|0.3] [--about TEXT]
"""

import argparse
import asyncio
import json
import socket

import uvicorn
from a2a.helpers.proto_helpers import new_data_part, new_raw_part, new_task_from_user_message, new_text_part
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentInterface, AgentSkill
from starlette.applications import Starlette


class Travel(AgentExecutor):
    async def execute(self, context, queue):
        words = context.get_user_input().strip()
        first, _, rest = words.partition(" ")
        message = context.message
        heard = {"message": message.message_id, "task": message.task_id, "context": message.context_id, "words": words}
        print("heard " + json.dumps(heard), flush=True)
        goes_on = context.current_task is not None
        if not goes_on:
            await queue.enqueue_event(new_task_from_user_message(message))
        task = TaskUpdater(queue, context.task_id, context.context_id)
        said = lambda text: task.new_agent_message([new_text_part(text)])
        await task.start_work(said("thinking"))
        if goes_on:
            await task.add_artifact([new_text_part(f"Booked for {words}.")])
            await task.complete()
        elif first == "ask":
            await task.requires_input(said("Which day?"))
        elif first == "fail":
            await task.failed(said("The printer is out of paper."))
        elif first == "decline":
            await task.reject(said("I only do trips."))
        elif first == "login":
            await task.requires_auth(said("Sign in at the travel desk."))
        elif first == "data":
            raw = new_raw_part(b"%PDF", media_type="application/pdf", filename="plan.pdf")
            await task.add_artifact([new_data_part({"nights": 2}), raw])
            await task.complete(said("Here it is."))
        elif first == "count":
            for n, chunk in enumerate(["one ", "two ", "three"]):
                await task.start_work(said(f"at {chunk.strip()}"))
                await task.add_artifact([new_text_part(chunk)], artifact_id="count", append=n > 0)
            await task.complete()
        elif first == "wait":
            print("waiting", flush=True)
            await asyncio.Event().wait()
        else:
            await task.add_artifact([new_text_part(f"You said: {words}")])
            await task.complete()

    async def cancel(self, context, queue):
        print("cancelled", flush=True)
        await TaskUpdater(queue, context.task_id, context.context_id).cancel()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-streaming", action="store_true")
    parser.add_argument("--binding", default="JSONRPC")
    parser.add_argument("--version", default="1.0")
    parser.add_argument("--about", default="Plans and books trips.")
    options = parser.parse_args()
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", options.port))
    listening.listen()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    card = AgentCard(
        name="Travel agent",
        description="Plans trips",
        version="1.0.0",
        supported_interfaces=[AgentInterface(url=f"{url}/a2a", protocol_binding=options.binding, protocol_version=options.version)],
        capabilities=AgentCapabilities(streaming=not options.no_streaming),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[
            AgentSkill(id="trip.plan", name="Plan a trip", description=options.about, tags=["travel"], examples=["A weekend in Rome"])
        ],
    )
    handler = DefaultRequestHandler(agent_executor=Travel(), task_store=InMemoryTaskStore(), agent_card=card)
    if options.binding == "JSONRPC":
        routes = create_jsonrpc_routes(handler, "/a2a", enable_v0_3_compat=options.version == "0.3")
    else:
        routes = create_rest_routes(handler, path_prefix="/a2a")
    app = Starlette(routes=[*create_agent_card_routes(card), *routes])
    print(f"listening on {url}", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


main()
