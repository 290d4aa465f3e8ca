"""A hands-free conversation through a Pipecat pipeline with its realtime service. Prints what it saw as one line of JSON.

usage: pipecat_realtime.py HOST:PORT RECORDING.wav...
"""
import asyncio, json, sys, wave

from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame, InputAudioRawFrame, LLMFullResponseEndFrame, LLMTextFrame, TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

address, *recordings = sys.argv[1:]
CHUNK = 480  # 20 ms of 24 kHz
logger.remove()
logger.add(sys.stderr, level="ERROR")


class Room(FrameProcessor):
    """Where it is heard: plays nothing, and knows when what came would have been played."""

    def __init__(self):
        super().__init__()
        self.seen, self.words, self.seconds = {"said": [], "errors": []}, "", 0.0
        self.answered = asyncio.Queue()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame):
            self.words += frame.text
        elif isinstance(frame, TTSAudioRawFrame):
            self.seconds += len(frame.audio) / 48000
        elif isinstance(frame, ErrorFrame):
            self.seen["errors"].append(str(frame.error))
        elif isinstance(frame, LLMFullResponseEndFrame):
            self.seen["said"].append(self.words.strip())
            await self.answered.put(self.seconds)
            self.words, self.seconds = "", 0.0
        await self.push_frame(frame, direction)


async def main():
    detection = events.TurnDetection(silence_duration_ms=500)
    properties = events.SessionProperties(audio=events.AudioConfiguration(input=events.AudioInput(turn_detection=detection)))
    service = OpenAIRealtimeLLMService(
        api_key="unused",
        base_url=f"ws://{address}/v1/realtime",
        settings=OpenAIRealtimeLLMService.Settings(model="assistant", session_properties=properties),
    )
    room = Room()
    rates = PipelineParams(audio_in_sample_rate=24000, audio_out_sample_rate=24000)
    worker = PipelineWorker(Pipeline([service, room]), params=rates)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    waiting, said = asyncio.Queue(), asyncio.Event()

    async def microphone():
        """Runs all the time, as one does: what is to be said, and else silence."""
        sound, speaking = b"", False
        while True:
            if not sound and not waiting.empty():
                with wave.open(waiting.get_nowait()) as file:
                    sound, speaking = file.readframes(file.getnframes()), True
            if speaking and not sound:
                speaking = False
                said.set()
            chunk, sound = (sound[: 2 * CHUNK] or bytes(2 * CHUNK)), sound[2 * CHUNK :]
            await worker.queue_frame(InputAudioRawFrame(audio=chunk, sample_rate=24000, num_channels=1))
            await asyncio.sleep(0.02)

    async def person():
        for path in recordings:
            said.clear()
            await waiting.put(path)
            await said.wait()
            await asyncio.sleep(await room.answered.get())
        await worker.cancel()

    listening = asyncio.create_task(microphone())
    await asyncio.gather(runner.run(), person())
    listening.cancel()
    print(json.dumps(room.seen))


asyncio.run(main())
