"""A conversation through the realtime model of livekit-plugins-openai. Prints what it saw as one line of JSON.

usage: livekit_realtime.py HOST:PORT RECORDING.wav...
"""
import asyncio, json, sys, wave

import aiohttp
from livekit import rtc
from livekit.plugins.openai.realtime import RealtimeModel

address, *recordings = sys.argv[1:]
CHUNK = 2400  # 100 ms of 24 kHz


def frames(path):
    with wave.open(path) as file:
        while data := file.readframes(CHUNK):
            yield rtc.AudioFrame(data, 24000, 1, len(data) // 2)


async def main():
    seen = {"said": [], "heard": [], "seconds": 0.0}
    async with aiohttp.ClientSession() as http:
        model = RealtimeModel(
            model="assistant", base_url=f"http://{address}/v1", api_key="unused", turn_detection=None, http_session=http
        )
        session = model.session()
        broken = asyncio.get_running_loop().create_future()
        session.on("error", lambda event: broken.done() or broken.set_exception(event.error))
        session.on(
            "input_audio_transcription_completed",
            lambda event: seen["heard"].append(event.transcript) if event.is_final else None,
        )

        async def turn(path):
            for frame in frames(path):
                session.push_audio(frame)
            session.commit_audio()
            generation = await session.generate_reply()
            async for message in generation.message_stream:
                seen["said"].append("".join([text async for text in message.text_stream]).strip())
                async for frame in message.audio_stream:
                    seen["seconds"] += frame.duration

        async def conversation():
            for path in recordings:
                await turn(path)

        talking = asyncio.create_task(conversation())
        await asyncio.wait({talking, broken}, return_when=asyncio.FIRST_COMPLETED)
        if broken.done():
            broken.result()
        await talking
        await session.aclose()
    print(json.dumps(seen))


asyncio.run(main())
