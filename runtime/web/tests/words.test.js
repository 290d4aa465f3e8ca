import assert from 'node:assert/strict';
import test from 'node:test';
import { initial } from '../state.js';
import { ability, closing, dueTime, failure, hint, loading, mood, progress } from '../words.js';

const open = { ...initial, connection: 'open' };

test('one word for every state, the more urgent first', () => {
  const question = { id: 'q' };
  for (const [change, word] of [
    [{}, 'Ready'],
    [{ handsFree: true }, 'Listening'],
    [{ phase: 'thinking' }, 'Thinking'],
    [{ phase: 'thinking', holding: true, mic: 'on' }, 'Listening'],
    [{ phase: 'doing' }, 'Doing it'],
    [{ playing: true }, 'Speaking'],
    [{ playing: true, question }, 'Asking you'],
    [{ question }, 'Waiting for your answer'],
    [{ mic: 'opening', holding: true }, 'Opening the microphone'],
    [{ connection: 'lost', playing: true }, 'Connection lost'],
    [{ connection: 'loading' }, 'Getting ready'],
  ]) assert.equal(mood({ ...open, ...change }).word, word, JSON.stringify(change));
});

test('the hint says how to answer the question that is open', () => {
  assert.equal(hint({ ...open, question: {} }), 'Hold and say yes or no');
  assert.equal(hint({ ...open, question: {}, handsFree: true }), 'Say yes or no');
});

test('what a persona may do needs no knowledge of levels', () => {
  assert.equal(ability({ mode: 'unlinked' }), 'Conversation only');
  assert.equal(ability({ mode: 'linked', autonomy: { default: 0, ceiling: 0 } }), 'Looks things up, changes nothing');
  assert.equal(ability({ mode: 'linked', autonomy: { default: 1, ceiling: 2 } }), 'Asks before it acts');
  const rules = [{ server: 'slack', level: 2 }, { server: 'email', level: 1 }, { server: 'github', level: 2 }];
  assert.equal(ability({ mode: 'linked', autonomy: { default: 1, ceiling: 2, rules } }), 'Asks before it acts, except in slack and github');
  assert.equal(ability({ mode: 'linked', autonomy: { default: 2, ceiling: 1 } }), 'Asks before it acts');
  assert.equal(ability({ mode: 'linked', autonomy: { default: 2, ceiling: 2 } }), 'Acts by itself');
});

test('loading names what is still missing, and how far it is', () => {
  const models = { asr: { state: 'ready' }, llm: { state: 'loading', progress: 0.42 }, tts: { state: 'loading' } };
  assert.equal(loading(models), 'Still to come: thinking 42 %, voice');
  assert.ok(Math.abs(progress(models) - 1.42 / 3) < 1e-9);
  assert.equal(progress({ llm: { state: 'loading' } }), null);
  assert.match(loading({ tts: { state: 'failed' } }), /homepilot doctor/);
});

test('why nothing was done', () => {
  assert.equal(closing('approved', 'voice'), '');
  assert.match(closing('denied', 'voice'), /said no/);
  assert.match(closing('denied', 'disconnect'), /connection/);
  assert.match(closing('expired', 'timeout'), /no answer/);
});

test('errors become sentences', () => {
  assert.equal(failure({ message: 'what happened and what to do' }), 'What happened and what to do.');
  assert.match(failure(undefined), /try again/);
});

test('when a reminder was due has a day only if it is another', () => {
  const now = new Date(2026, 2, 2, 18, 30);
  const plain = (due) => dueTime(due, now, 'en-US').replace(/\s/g, ' ');
  assert.equal(plain(new Date(2026, 2, 2, 17, 0).toISOString()), '5:00 PM');
  assert.equal(plain(new Date(2026, 2, 1, 9, 5).toISOString()), 'Sun, Mar 1, 9:05 AM');
  assert.equal(dueTime('soon', now, 'en-US'), '');
});
