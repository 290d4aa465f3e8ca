// An A2A agent on the official JavaScript SDK: `node a2a_agent.mjs [--port N] [--legacy]`. What it does is chosen by the first
// word it hears. The SDK is found where `make peers` puts it: set PEERS to that folder's node_modules/package.json.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';

const peers = createRequire(process.env.PEERS);
const load = (name) => import(pathToFileURL(peers.resolve(name)));
const express = (await load('express')).default;
const sdk = await load('@a2a-js/sdk');
const { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } = await load('@a2a-js/sdk/server');
const { UserBuilder, agentCardHandler, jsonRpcHandler } = await load('@a2a-js/sdk/server/express');
const { Role, TaskState } = sdk;

const option = (name) => process.argv.indexOf(name);
const port = option('--port') < 0 ? 0 : Number(process.argv[option('--port') + 1]);
const legacy = option('--legacy') > 0;

const parts = (text) => [{ content: { $case: 'text', value: text }, filename: '', mediaType: '', metadata: undefined }];
const message = (text, { taskId, contextId }) => ({
  messageId: randomUUID(), role: Role.ROLE_AGENT, parts: parts(text), taskId, contextId,
  metadata: undefined, extensions: [], referenceTaskIds: [],
});

const executor = {
  async execute(context, bus) {
    const { taskId, contextId, task } = context;
    const words = context.userMessage.parts.map((part) => part.content?.value ?? '').join(' ').trim();
    const first = words.split(' ')[0];
    console.log(`heard ${JSON.stringify({ message: context.userMessage.messageId, words, goesOn: task !== undefined })}`);
    const status = (state, text) => ({
      state, message: text === undefined ? undefined : message(text, { taskId, contextId }), timestamp: new Date().toISOString(),
    });
    const tell = (state, text) => bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: status(state, text), metadata: undefined }));
    const make = (text) => bus.publish(AgentEvent.artifactUpdate({
      taskId, contextId, append: false, lastChunk: true, metadata: undefined,
      artifact: { artifactId: randomUUID(), name: '', description: '', parts: parts(text), metadata: undefined, extensions: [] },
    }));
    bus.publish(AgentEvent.task(task ?? {
      id: taskId, contextId, status: status(TaskState.TASK_STATE_SUBMITTED), artifacts: [], history: [context.userMessage], metadata: undefined,
    }));
    tell(TaskState.TASK_STATE_WORKING, 'thinking');
    if (task !== undefined) {
      make(`Booked for ${words}.`);
      tell(TaskState.TASK_STATE_COMPLETED);
    } else if (first === 'ask') {
      tell(TaskState.TASK_STATE_INPUT_REQUIRED, 'Which day?');
    } else if (first === 'fail') {
      tell(TaskState.TASK_STATE_FAILED, 'The printer is out of paper.');
    } else {
      make(`You said: ${words}`);
      tell(TaskState.TASK_STATE_COMPLETED);
    }
    bus.finished();
  },
  async cancelTask() {},
};

const app = express();
const server = app.listen(port, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const card = {
    name: 'Travel agent', description: 'Plans trips', version: '1.0.0', provider: undefined, documentationUrl: '', iconUrl: undefined,
    supportedInterfaces: [{ url: `${url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: legacy ? '0.3' : '1.0', tenant: '' }],
    capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
    securitySchemes: {}, securityRequirements: [], signatures: [], defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
    skills: [{
      id: 'trip.plan', name: 'Plan a trip', description: 'Plans and books trips.', tags: ['travel'], examples: ['A weekend in Rome'],
      inputModes: [], outputModes: [], securityRequirements: [],
    }],
  };
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  const legacyCompat = { enabled: legacy };
  app.use('/.well-known/agent-card.json', agentCardHandler({ agentCardProvider: requestHandler, legacyCompat }));
  app.use('/a2a', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat }));
  console.log(`listening on ${url}`);
});
