// A conversation through npm's @openai/agents-realtime, whose approval callback answers. Prints what it saw as one line of JSON.
//
// usage: agents_realtime.mjs approve|reject HOST:PORT RECORDING.wav
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { hostedMcpTool } = require('@openai/agents-core');
const { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } = require('@openai/agents-realtime');

const [mode, address, recording] = process.argv.slice(2);
const wav = fs.readFileSync(recording);
const start = wav.indexOf('data') + 8;

const tools = [hostedMcpTool({ serverLabel: 'homepilot', serverUrl: `http://${address}`, requireApproval: 'always' })];
const agent = new RealtimeAgent({ name: 'assistant', tools });
const session = new RealtimeSession(agent, {
  transport: new OpenAIRealtimeWebSocket(),
  model: 'assistant',
  config: { outputModalities: ['audio'], audio: { input: { turnDetection: null } } },
});
const seen = { approvals: [], calls: [], said: [], events: [] };
const end = () => {
  console.log(JSON.stringify({ ...seen, history: session.history.map((item) => item.type) }));
  session.close();
  process.exit(0);
};

session.on('error', ({ error }) => {
  console.error(JSON.stringify(error), error);
  process.exit(1);
});
session.on('tool_approval_requested', (_context, _agent, { approvalItem }) => {
  const { name, arguments: given } = approvalItem.rawItem;
  seen.approvals.push({ name, arguments: JSON.parse(given) });
  if (mode === 'approve') session.approve(approvalItem);
  else session.reject(approvalItem);
});
session.on('mcp_tool_call_completed', (_context, _agent, call) => seen.calls.push({ name: call.name, output: call.output }));
session.transport.on('*', (event) => {
  if (seen.events.at(-1) !== event.type) seen.events.push(event.type);
  if (event.type === 'response.output_audio_transcript.done') seen.said.push(event.transcript);
  // The call's outcome, or that it was left alone, comes as a response of its own.
  if (event.type === 'response.done' && seen.approvals.length && !/Shall I|^$/.test(seen.said.at(-1))) end();
});

await session.connect({ apiKey: 'unused', url: `ws://${address}/v1/realtime?model=assistant` });
session.sendAudio(wav.buffer.slice(wav.byteOffset + start, wav.byteOffset + wav.length), { commit: true });
session.transport.requestResponse();
