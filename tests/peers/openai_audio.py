"""Models and audio through the openai package. Prints what came as one line of JSON.

usage: openai_audio.py HOST:PORT TEXT RECORDING.wav
"""
import io, json, sys, wave

from openai import APIStatusError, OpenAI

address, text, recording = sys.argv[1:]
client = OpenAI(api_key="unused", base_url=f"http://{address}/v1", max_retries=0)


def speak(**options):
    return client.audio.speech.create(**{"model": "tts-1", "voice": "alloy", "input": text, **options})


def hear(file, **options):
    return client.audio.transcriptions.create(**{"model": "whisper-1", "file": file, **options})


def refused(call):
    try:
        call()
    except APIStatusError as error:
        return [error.status_code, error.code, error.body["message"]]
    sys.exit("nothing was refused")


wav, pcm = speak().content, speak(response_format="pcm").content
said = ("said.wav", wav)
with client.audio.speech.with_streaming_response.create(
    model="tts-1", voice={"id": "alloy"}, input=text, response_format="wav", stream_format="audio", instructions="Be calm."
) as response:
    streamed = response.read()
with wave.open(io.BytesIO(wav)) as file:
    shape = [file.getframerate(), file.getnchannels(), file.getsampwidth()]
    frames = file.readframes(file.getnframes())
print(json.dumps({
    "models": [model.id for model in client.models.list()],
    "model": client.models.retrieve("secretary").id,
    "shape": shape,
    "same": frames == pcm and streamed == wav,
    "faster": len(speak(response_format="pcm", speed=2.0).content) / len(speak(response_format="pcm", speed=0.5).content),
    "json": hear(said).text,
    "text": hear(said, response_format="text", language="en", temperature=0, prompt="A chat."),
    "recording": hear(open(recording, "rb")).text,
    "seconds": hear(open(recording, "rb")).usage.seconds,
    "refused": {
        "model": refused(lambda: client.models.retrieve("gpt-realtime")),
        "mp3": refused(lambda: speak(response_format="mp3")),
        "sse": refused(lambda: speak(stream_format="sse")),
        "speed": refused(lambda: speak(speed=9)),
        "silence": refused(lambda: speak(input=" ")),
        "verbose": refused(lambda: hear(said, response_format="verbose_json")),
        "stream": refused(lambda: hear(said, stream=True)),
        "language": refused(lambda: hear(said, language="xx")),
        "german": refused(lambda: hear(said, language="de")),
        "not a wav": refused(lambda: hear(("said.mp3", b"ID3\x04" + bytes(100)))),
        "too large": refused(lambda: hear(("said.wav", wav + bytes(26 << 20)))),
    },
}))
