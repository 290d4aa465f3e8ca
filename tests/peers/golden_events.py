"""Holds golden events against the types of the openai package, strictly: no other type of value, and no field that they do not
have. Prints how many were compared, or fails with every deviation.

usage: golden_events.py FILE.json...
"""
import json, pathlib, sys, typing

import pydantic
from openai.types.realtime import RealtimeServerEvent
from openai.types.realtime.realtime_session_create_response import RealtimeSessionCreateResponse

EVENTS = typing.get_args(typing.get_args(RealtimeServerEvent)[0])
KNOWN = {typing.get_args(event.model_fields["type"].annotation)[0]: event for event in EVENTS}


def more_than(value, path):
    """Names of fields that a value has beyond its type."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from more_than(item, f"{path}[{at}]")
    elif isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from more_than(getattr(value, name), f"{path}.{name}")


def deviations(model, value):
    try:
        typed = model.model_validate_json(json.dumps(value), strict=True)
    except pydantic.ValidationError as error:
        return [str(error)]
    return list(more_than(typed, value["type"]))


compared, wrong = 0, []
for file in map(pathlib.Path, sys.argv[1:]):
    for event in json.loads(file.read_text()):
        if event["type"].startswith("homepilot."):
            continue
        compared += 1
        if event["type"] not in KNOWN:
            wrong.append(f"{file.name}: the package knows no {event['type']}")
            continue
        found = deviations(KNOWN[event["type"]], event)
        if "session" in event:
            # `include` gives back what the session asked for, which may be ours; the package has `id` and `object` only in the
            # session that an HTTP request is answered with.
            session = {**event["session"], "include": None}
            found = deviations(KNOWN[event["type"]], {**event, "session": session})
            found = [field for field in found if field not in (f"{event['type']}.session.id", f"{event['type']}.session.object")]
            found += deviations(RealtimeSessionCreateResponse, session)
        wrong += [f"{file.name}: {deviation}" for deviation in found]
if wrong or not compared:
    sys.exit("\n".join(wrong) or "no events")
print(compared)
