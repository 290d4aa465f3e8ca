// The JavaScript SDK's client at an agent: asks for a write three times (yes, no, cancel), and prints what it saw as JSON.
//
// node a2a_client.mjs ADDRESS REQUEST
import { createRequire } from "node:module";

const { ClientFactory } = createRequire(import.meta.url)("@a2a-js/sdk/client");
const { Role, TaskState } = createRequire(import.meta.url)("@a2a-js/sdk");

const [address, request] = process.argv.slice(2);
const client = await new ClientFactory().createFromUrl(address);

let number = 0;
const said = (text, more = {}) => ({
  tenant: "",
  metadata: undefined,
  configuration: undefined,
  message: {
    messageId: `m${(number += 1)}`,
    contextId: "",
    taskId: "",
    role: Role.ROLE_USER,
    parts: [{ content: { $case: "text", value: text }, metadata: undefined, filename: "", mediaType: "" }],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
    ...more,
  },
});
const words = (message) => (message?.parts ?? []).map((part) => (part.content?.$case === "text" ? part.content.value : "")).join(" ").trim();
const seen = (status) => [TaskState[status.state] ?? status.state, words(status.message)];

const card = await client.getAgentCard();
const found = { name: card.name, skills: card.skills.map((skill) => skill.id) };

const task = await client.sendMessage(said(request));
found.asked = seen(task.status);

const watched = [];
let watching;
const begun = new Promise((resolve) => (watching = resolve));
const watch = (async () => {
  for await (const event of client.resubscribeTask({ tenant: "", id: task.id })) {
    watching();
    const { $case, value } = event.payload;
    if ($case === "task" || $case === "statusUpdate") watched.push(TaskState[value.status.state] ?? value.status.state);
  }
})();
await begun;
found.stream = [];
for await (const event of client.sendMessageStream(said("yes", { taskId: task.id, contextId: task.contextId }))) {
  found.stream.push(event.payload.$case);
}
await watch;
found.watched = watched;
const got = await client.getTask({ tenant: "", id: task.id });
found.done = seen(got.status);
found.artifacts = got.artifacts.flatMap((artifact) => artifact.parts.map((part) => part.content.value));

const denied = await client.sendMessage(said(request, { contextId: task.contextId }));
found.denied = seen((await client.sendMessage(said("no", { taskId: denied.id, contextId: denied.contextId }))).status);

const cancelled = await client.sendMessage(said(request));
found.cancelled = seen((await client.cancelTask({ tenant: "", id: cancelled.id, metadata: undefined })).status);
const listed = await client.listTasks({ tenant: "", contextId: task.contextId, status: 0, pageToken: "", statusTimestampAfter: undefined, includeArtifacts: false });
found.listed = listed.tasks.map((task) => TaskState[task.status.state] ?? task.status.state);
console.log(JSON.stringify(found));
process.exit(0);
