import assert from 'node:assert/strict';
import test from 'node:test';
import { clock, duration, inWords, initial, stages } from '../stages.js';

const run = (...timed) => timed.reduce((account, [now, event]) => clock(account, event, now), initial);

test('each stage is from its own beginning, and only the first of its kind counts', () => {
  const account = run(
    [1000, { type: 'committed' }],
    [1400, { type: 'conversation.item.input_audio_transcription.completed', item_id: 'u1' }],
    [1900, { type: 'response.output_audio_transcript.delta', item_id: 'a1' }],
    [2000, { type: 'response.output_audio.delta', item_id: 'a1' }],
    [2500, { type: 'response.output_audio.delta', item_id: 'a1' }],
    [1950, { type: 'homepilot.question', approval_id: 'q1' }],
    [5000, { type: 'homepilot.question_due', approval_id: 'q1' }],
    [6900, { type: 'input_audio_buffer.speech_stopped', item_id: 'u2', behind: 400 }],
    [6950, { type: 'conversation.item.input_audio_transcription.completed', item_id: 'u2' }],
    [7000, { type: 'homepilot.question_closed', approval_id: 'q1' }],
    [7050, { type: 'homepilot.outcome', approval_id: 'q1' }],
  );
  assert.equal(inWords(stages(account.items.u1)), 'understood 0.40 s');
  assert.equal(inWords(stages(account.items.a1)), 'understood 0.40 s · first word 0.90 s · first sound 1.0 s');
  assert.equal(inWords(stages(account.items.u2)), 'understood 0.45 s');
  assert.deepEqual(stages(account.approvals.q1).slice(-2), [{ name: 'your answer', ms: 2000 }, { name: 'done', ms: 50 }]);
});

test('what nobody saw begin has no length', () => {
  assert.deepEqual(stages(undefined), []);
  assert.deepEqual(run([5, { type: 'homepilot.outcome', approval_id: 'q' }]).approvals, {});
});

test('lengths are told as finely as they matter', () => {
  assert.deepEqual([7, 420, 1234, 12_000, 200_000].map(duration), ['7 ms', '0.42 s', '1.2 s', '12 s', '3 min']);
});
