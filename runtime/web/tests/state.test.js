import assert from 'node:assert/strict';
import test from 'node:test';
import { echoes, initial, reduce } from '../state.js';
import { mood } from '../words.js';

const PERSONAS = [
  { id: 'assistant', name: 'Everyday Assistant', mode: 'linked', autonomy: { default: 1, ceiling: 2 } },
  { id: 'kids', name: 'Kids’ Friend', mode: 'linked', autonomy: { default: 0, ceiling: 0 } },
];
const server = (event) => ({ type: 'server', event });
const run = (...actions) => actions.reduce(reduce, initial);
const OPEN = [
  { type: 'personas', personas: PERSONAS },
  { type: 'persona', id: 'assistant' },
  { type: 'connecting' },
  server({ type: 'session.created', session: {} }),
];
const said = (id, transcript) => server({ type: 'conversation.item.input_audio_transcription.completed', item_id: id, transcript });
const words = (id, delta, response = 'r1') =>
  server({ type: 'response.output_audio_transcript.delta', response_id: response, item_id: id, delta });
const QUESTION = server({
  type: 'homepilot.question', approval_id: 'q1', question: 'Shall I?', server: 'assistant', action: 'set_reminder',
  title: 'Set a reminder', arguments: [{ name: 'title', label: 'What', value: 'call mom' }], seconds: 20,
});
const lines = (state) => state.entries.map(({ kind, text, live }) => `${kind}${live ? '…' : ''} ${text}`);

test('a whole exchange reads in the order it was spoken', () => {
  const state = run(
    ...OPEN,
    server({ type: 'input_audio_buffer.committed', item_id: 'u1' }),
    words('a1', 'I’ll set '),
    said('u1', ' water the plants '),
    words('a1', 'a reminder.'),
    QUESTION,
    server({ type: 'response.output_audio_transcript.done', response_id: 'r1', item_id: 'a1', transcript: 'I’ll set a reminder. Shall I?' }),
    server({ type: 'homepilot.question_closed', approval_id: 'q1', decision: 'approved', decided_by: 'voice' }),
    server({ type: 'homepilot.outcome', approval_id: 'q1', server: 'assistant', tool: 'set_reminder', state: 'succeeded', text: 'Reminder set.' }),
  );
  assert.deepEqual(lines(state), ['you water the plants', 'persona I’ll set a reminder. Shall I?', 'outcome Reminder set.']);
  assert.equal(state.question, null);
});

test('the steps of a request stand over their questions and outcomes, each once', () => {
  const step = (number, text) => server({ type: 'homepilot.step', number, of: 2, text });
  const done = (text) => server({ type: 'homepilot.outcome', approval_id: null, server: 'a', tool: 't', state: 'succeeded', text });
  const state = run(...OPEN, step(1, 'add milk'), done('Added.'), step(2, 'text Bob'), QUESTION, step(2, 'text Bob'), done('Sent.'));
  assert.deepEqual(lines(state), ['change Step 1 of 2: add milk', 'outcome Added.', 'change Step 2 of 2: text Bob', 'outcome Sent.']);
});

test('words are read while they are spoken, stay when the utterance is complete, and go when it is thrown away', () => {
  const heard = (delta) => server({ type: 'conversation.item.input_audio_transcription.delta', item_id: 'u1', delta });
  const speaking = [...OPEN, heard('water'), heard(' the')];
  assert.deepEqual(lines(run(...speaking)), ['you… water the']);
  const complete = [...speaking, server({ type: 'input_audio_buffer.committed', item_id: 'u1' })];
  assert.deepEqual(lines(run(...complete)), ['you… water the']);
  assert.deepEqual(lines(run(...complete, said('u1', 'water the plants'))), ['you water the plants']);
  assert.deepEqual(lines(run(...speaking, server({ type: 'input_audio_buffer.cleared' }))), []);
});

test('an utterance without words leaves no line', () => {
  const state = run(...OPEN, server({ type: 'input_audio_buffer.committed', item_id: 'u1' }), said('u1', '  '));
  assert.deepEqual(state.entries, []);
});

test('a no and a timeout say that nothing was done, and a later outcome does not say it twice', () => {
  const close = (decision, by) => server({ type: 'homepilot.question_closed', approval_id: 'q1', decision, decided_by: by });
  assert.match(run(...OPEN, QUESTION, close('denied', 'screen')).entries[0].text, /said no/);
  const state = run(...OPEN, QUESTION, close('expired', 'timeout'), server({
    type: 'homepilot.outcome', approval_id: 'q1', server: 'a', tool: 't', state: 'denied', text: 'Not set.',
  }));
  assert.deepEqual(lines(state), ['outcome Not set.']);
});

test('closing another question leaves this one open', () => {
  const state = run(...OPEN, QUESTION, server({ type: 'homepilot.question_closed', approval_id: 'q0', decision: 'denied', decided_by: 'voice' }));
  assert.equal(state.question.id, 'q1');
});

test('losing the connection closes the question and says so', () => {
  const state = run(...OPEN, words('a1', 'Half a'), QUESTION, { type: 'hold' }, { type: 'lost', retryMs: 500 });
  assert.equal(state.question, null);
  assert.equal(state.holding, false);
  assert.deepEqual(lines(state), ['persona Half a', 'outcome The connection was lost before you answered, so nothing was done.']);
  assert.equal(mood(state).word, 'Offline');
  assert.equal(mood(reduce(state, server({ type: 'session.created' }))).word, 'Ready');
});

test('after silence nothing more of that reply is written, but the next one is', () => {
  const state = run(
    ...OPEN,
    server({ type: 'response.created', response: { id: 'r1' } }),
    words('a1', 'Once upon'),
    { type: 'silence' },
    words('a1', ' a time'),
    words('a2', 'more', 'r1'),
    server({ type: 'response.done', response: { id: 'r1', status: 'cancelled' } }),
    server({ type: 'response.created', response: { id: 'r2' } }),
    words('b1', 'Yes?', 'r2'),
  );
  assert.deepEqual(lines(state), ['persona Once upon', 'persona… Yes?']);
  assert.equal(state.entries[0].cut, true);
  assert.equal(state.responding, 'r2');
});

test('a microphone that fails ends hands-free and is said; the next press clears it', () => {
  const failed = run(...OPEN, { type: 'hands-free', on: true }, { type: 'mic-failed', code: 'denied', message: 'No.' });
  assert.deepEqual([failed.handsFree, failed.mic, failed.notice.code], [false, 'off', 'mic_denied']);
  assert.equal(reduce(failed, { type: 'hold' }).notice, null);
});

test('harmless complaints of the server stay unsaid, others are sentences', () => {
  const error = (code, message) => server({ type: 'error', error: { code, message } });
  assert.equal(run(...OPEN, error('response_cancel_not_active', 'x')).notice, null);
  assert.equal(run(...OPEN, error('buffer_too_large', 'the audio is over 15 MiB')).notice.message, 'The audio is over 15 MiB.');
});

test('choosing another persona is marked only where there is something to divide', () => {
  assert.deepEqual(run(...OPEN, { type: 'persona', id: 'kids' }).entries, []);
  const state = run(...OPEN, { type: 'typed', text: 'hi' }, QUESTION, { type: 'persona', id: 'kids' });
  assert.deepEqual(lines(state), ['you hi', 'change You\'re talking with Kids’ Friend']);
  assert.equal(state.question, null);
});

test('events it does not know change nothing', () => {
  const state = run(...OPEN);
  assert.equal(reduce(state, server({ type: 'rate_limits.updated' })), state);
  assert.throws(() => reduce(state, { type: 'nonsense' }));
});

test('a question that has been heard gets its time to answer, another one does not', () => {
  const due = (id) => server({ type: 'homepilot.question_due', approval_id: id, seconds: 7 });
  assert.equal(run(...OPEN, QUESTION, due('q1')).question.seconds, 7);
  assert.equal(run(...OPEN, QUESTION, due('q2')).question.seconds, 20);
});

const REMINDER = { type: 'homepilot.reminder', id: 'm1', text: 'call mom', due: '2026-03-02T17:00:00-05:00', late: true, item_id: 'a7' };

test('a reminder is one line, told apart when late, and the voice that tells it adds none', () => {
  const done = { type: 'response.output_audio_transcript.done', response_id: 'r1', item_id: 'a7', transcript: 'This is late: call mom.' };
  const state = run(...OPEN, server({ type: 'response.created', response: { id: 'r1' } }), server(REMINDER), words('a7', 'This is late'), server(done));
  assert.deepEqual(lines(state), ['reminder call mom']);
  assert.deepEqual([state.entries[0].tone, state.entries[0].due], ['late', REMINDER.due]);
  assert.equal(run(...OPEN, server({ ...REMINDER, late: false })).entries[0].tone, 'due');
});

test('a reminder that repeats is a line each time, one that is told twice is not', () => {
  const again = { ...REMINDER, due: '2026-03-03T17:00:00-05:00', item_id: 'a8' };
  assert.equal(run(...OPEN, server(REMINDER), server(REMINDER), server(again)).entries.length, 2);
});

test('a call that is changed here was not refused: its question goes, and the one about the change comes', () => {
  const again = server({ ...QUESTION.event, approval_id: 'q2', question: 'At six. Shall I?' });
  const closed = server({ type: 'homepilot.question_closed', approval_id: 'q1', decision: 'denied', decided_by: 'api' });
  const state = run(...OPEN, QUESTION, { type: 'changing', id: 'q1' }, closed, again);
  assert.deepEqual(lines(state), []);
  assert.equal(state.question.id, 'q2');
  assert.equal(state.changing, null);
  // One that came to nothing leaves a later no a no.
  const refused = run(...OPEN, QUESTION, { type: 'changing', id: 'q1' }, { type: 'changing', id: null }, closed);
  assert.deepEqual(lines(refused), ['outcome You said no, so nothing was done.']);
});

test('coming back is said once, and only to who was away', () => {
  const lost = { type: 'lost', retryMs: 500 };
  const created = server({ type: 'session.created', session: {} });
  const back = run(...OPEN, lost, { type: 'connecting' }, lost, { type: 'connecting' }, created);
  assert.deepEqual(lines(back), ['change Connected again']);
  assert.equal(back.connection, 'open');
  assert.deepEqual(lines(run(lost, ...OPEN)), []);
});

test('how long it took stands with its line, and without a line nowhere', () => {
  const state = run(...OPEN, said('u1', 'hello'), { type: 'took', key: 'you:u1', text: 'understood 0.4 s' });
  assert.equal(state.entries[0].took, 'understood 0.4 s');
  assert.equal(reduce(state, { type: 'took', key: 'you:u9', text: 'x' }), state);
});

test('a notice is put away by who brought it, and a server that refuses is no server that is gone', () => {
  const noted = run(...OPEN, { type: 'notice', level: 'info', code: 'waking', message: 'x' });
  assert.equal(reduce(noted, { type: 'dismiss', code: 'other' }), noted);
  assert.equal(reduce(noted, { type: 'dismiss', code: 'waking' }).notice, null);
  const lost = { type: 'lost', retryMs: 500 };
  assert.equal(run(...OPEN, lost, { type: 'refused' }).refused, true);
  assert.equal(run(...OPEN, { type: 'refused' }).refused, false);
  assert.equal(run(...OPEN, lost, { type: 'refused' }, server({ type: 'session.created', session: {} })).refused, false);
});

test('what is said of an outcome in its own words is shown once', () => {
  const outcome = { key: 'outcome:q', kind: 'outcome', text: 'Done. I added it.' };
  const line = (text, key = 'persona:a') => ({ key, kind: 'persona', text });
  assert.deepEqual([...echoes([outcome, line('Done. I')])], ['persona:a']);
  assert.deepEqual([...echoes([outcome, line('Done. I added it. ')])], ['persona:a']);
  assert.deepEqual([...echoes([outcome, line('Done. I added it. And next?')])], []);
  assert.deepEqual([...echoes([outcome, line('')])], []);
  assert.deepEqual([...echoes([outcome, { key: 'you:u', kind: 'you', text: 'Done.' }, line('Done.')])], []);
});

test('a yes that was not taken leaves the question open and says why, each time', () => {
  const refused = server({ type: 'homepilot.notice', level: 'warning', code: 'yes_not_taken', message: 'that is not the PIN' });
  const asked = server({ ...QUESTION.event, approve: 'pin' });
  const state = run(...OPEN, asked, refused, refused);
  assert.deepEqual([state.question.approve, state.question.refused, state.question.refusals], ['pin', 'that is not the PIN', 2]);
  assert.equal(state.notice, null);
  // Without a question it is a notice like any other.
  assert.equal(run(...OPEN, refused).notice.text ?? run(...OPEN, refused).notice.message, 'that is not the PIN');
});
