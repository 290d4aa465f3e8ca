"""A conversation through the openai package's realtime client. Prints what it saw as one line of JSON.

usage: openai_realtime.py push|vad|approve|leave HOST:PORT OUT.wav RECORDING.wav...
"""
import array, asyncio, base64, json, sys, wave

from openai import AsyncOpenAI

mode, address, out, *recordings = sys.argv[1:]
CHUNK = 2400  # 50 ms of 24 kHz s16


def pcm(path):
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2), path
        return file.readframes(file.getnframes())


async def play(connection, path, real_time):
    data = pcm(path)
    for start in range(0, len(data), CHUNK):
        chunk = data[start:start + CHUNK]
        await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        if real_time:
            await asyncio.sleep(len(chunk) / 48000)


async def main():
    client = AsyncOpenAI(api_key="unused", base_url=f"http://{address}/v1", websocket_base_url=f"ws://{address}/v1")
    seen = {"events": [], "said": [], "heard": []}
    sound = array.array("h")
    async with client.realtime.connect(model="assistant") as connection:
        vad = {"type": "server_vad", "silence_duration_ms": 500} if mode == "vad" else None
        session = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": vad}},
        }
        if mode == "approve":
            session["tools"] = [{"type": "mcp", "server_label": "homepilot", "server_url": f"http://{address}", "require_approval": "always"}]
        await connection.session.update(session=session)

        async def say(path):
            await play(connection, path, real_time=mode == "vad")
            if mode == "vad":
                silence = base64.b64encode(bytes(CHUNK)).decode()
                for _ in range(30):
                    await connection.input_audio_buffer.append(audio=silence)
                    await asyncio.sleep(CHUNK / 48000)
            else:
                await connection.input_audio_buffer.commit()
                await connection.response.create()

        waiting = list(recordings)
        talking = asyncio.create_task(say(waiting.pop(0)))
        async for event in connection:
            if not seen["events"] or seen["events"][-1] != event.type:
                seen["events"].append(event.type)
            if event.type == "error":
                raise SystemExit(f"error event: {event.error.message}")
            if event.type == "conversation.item.input_audio_transcription.completed":
                seen["heard"].append(event.transcript)
            elif event.type == "response.output_audio.delta":
                sound.frombytes(base64.b64decode(event.delta))
            elif event.type == "response.output_audio_transcript.done":
                seen["said"].append(event.transcript)
            elif event.type == "conversation.item.done" and event.item.type == "mcp_approval_request" and mode == "approve":
                await connection.conversation.item.create(
                    item={"type": "mcp_approval_response", "approval_request_id": event.item.id, "approve": True}
                )
            elif event.type == "response.done":
                await talking
                asked = seen["said"] and "Shall I" in seen["said"][-1]
                if asked and mode == "leave":
                    break
                if waiting:
                    talking = asyncio.create_task(say(waiting.pop(0)))
                elif not asked and (mode != "approve" or "response.mcp_call.completed" in seen["events"]):
                    break
    with wave.open(out, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(24000)
        file.writeframes(sound.tobytes())
    print(json.dumps(seen))


asyncio.run(asyncio.wait_for(main(), 150))
