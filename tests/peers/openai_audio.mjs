// Models and audio through npm's openai package. Prints what came as one line of JSON.
//
// usage: openai_audio.mjs HOST:PORT TEXT RECORDING.wav
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { OpenAI, toFile } = createRequire(import.meta.url)('openai');

const [address, input, recording] = process.argv.slice(2);
const client = new OpenAI({ apiKey: 'unused', baseURL: `http://${address}/v1`, maxRetries: 0 });
const speak = (options) => client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input, ...options });
const hear = (file, options) => client.audio.transcriptions.create({ model: 'whisper-1', file, ...options });
const refused = (call) => call.then(
  () => { throw new Error('it was not refused'); },
  (error) => [error.status, error.code, error.error.message],
);

const wav = await toFile(await speak(), 'said.wav');
const models = [];
for await (const model of client.models.list()) models.push(model.id);
console.log(JSON.stringify({
  models,
  model: (await client.models.retrieve('secretary')).id,
  json: (await hear(wav)).text,
  text: await hear(wav, { response_format: 'text' }),
  recording: (await hear(fs.createReadStream(recording))).text,
  refused: {
    mp3: await refused(speak({ response_format: 'mp3' })),
    verbose: await refused(hear(wav, { response_format: 'verbose_json' })),
    stream: await refused(hear(wav, { stream: true })),
  },
}));
