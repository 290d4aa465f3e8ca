// A conversation through the realtime client of npm's openai package. Prints what it saw as one line of JSON.
//
// usage: openai_realtime.mjs HOST:PORT RECORDING.wav...
//
// The client speaks TLS only; NODE_EXTRA_CA_CERTS names the certificate.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { OpenAI } = require('openai');
const { OpenAIRealtimeWS } = require('openai/realtime/ws');

const [address, ...recordings] = process.argv.slice(2);
const samples = (file) => {
  const wav = fs.readFileSync(file);
  return wav.subarray(wav.indexOf('data') + 8);
};

const client = new OpenAI({ apiKey: 'unused', baseURL: `https://${address}/v1` });
const realtime = new OpenAIRealtimeWS({ model: 'assistant' }, client);
const seen = { said: [], heard: [], sound: 0 };

const say = (file) => {
  realtime.send({ type: 'input_audio_buffer.append', audio: samples(file).toString('base64') });
  realtime.send({ type: 'input_audio_buffer.commit' });
  realtime.send({ type: 'response.create' });
};

realtime.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
realtime.on('session.created', () => {
  realtime.send({
    type: 'session.update',
    session: { type: 'realtime', audio: { input: { format: { type: 'audio/pcm', rate: 24000 }, turn_detection: null } } },
  });
  say(recordings.shift());
});
realtime.on('conversation.item.input_audio_transcription.completed', (event) => seen.heard.push(event.transcript));
realtime.on('response.output_audio_transcript.done', (event) => seen.said.push(event.transcript));
realtime.on('response.output_audio.delta', (event) => (seen.sound += event.delta.length));
realtime.on('response.done', () => {
  if (recordings.length) return say(recordings.shift());
  console.log(JSON.stringify(seen));
  realtime.close();
});
