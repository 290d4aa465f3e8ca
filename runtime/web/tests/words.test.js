import assert from 'node:assert/strict';
import test from 'node:test';
import { initial } from '../state.js';
import {
  ability, away, broken, closing, dueTime, exactTime, failure, hint, loading, mood, opener, progress, settled, sound,
} from '../words.js';

const open = { ...initial, connection: 'open' };

test('one word for every state, the more urgent first', () => {
  const question = { id: 'q' };
  for (const [change, word] of [
    [{}, 'Ready'],
    [{ handsFree: true }, 'Listening'],
    [{ phase: 'thinking' }, 'Thinking'],
    [{ phase: 'thinking', holding: true, mic: 'on' }, 'Listening'],
    [{ phase: 'listening', handsFree: true }, 'Hearing you'],
    [{ phase: 'hearing', handsFree: true }, 'Hearing you'],
    [{ phase: 'idle', handsFree: true }, 'Listening'],
    [{ holding: true, mic: 'on', entries: [{ kind: 'you', live: true, text: 'Remind' }] }, 'Hearing you'],
    [{ holding: true, mic: 'on', entries: [{ kind: 'you', live: false, text: 'Remind' }] }, 'Listening'],
    [{ phase: 'doing' }, 'Doing it'],
    [{ playing: true }, 'Speaking'],
    [{ playing: true, question }, 'Asking you'],
    [{ question }, 'Waiting for you'],
    [{ mic: 'opening', holding: true }, 'Opening the microphone'],
    [{ connection: 'lost', playing: true }, 'Offline'],
    [{ connection: 'loading' }, 'Getting ready'],
    [{ fetch: {} }, 'Getting ready'],
    [{ fetch: {}, phase: 'thinking' }, 'Thinking'],
  ]) assert.equal(mood({ ...open, ...change }).word, word, JSON.stringify(change));
});

test('the hint says how to answer the question that is open', () => {
  assert.equal(hint({ ...open, question: {} }), 'Hold and say yes, no, or what to change');
  assert.equal(hint({ ...open, question: {}, handsFree: true }), 'Say yes, no, or what to change');
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

test('a model that failed is waited for no longer, and it is said what to do', () => {
  const models = { asr: { id: 'ears', state: 'failed', reason: 'ears is not downloaded' }, llm: { id: 'mind', state: 'ready' } };
  assert.equal(settled(models), true);
  assert.equal(settled({ ...models, llm: { state: 'warming' } }), false);
  assert.match(broken(models), /hearing \(ears\): ears is not downloaded\. Run “homepilot models pull”/);
  assert.equal(broken({ llm: { state: 'loading' } }), '');
  assert.equal(loading({ ...models, llm: { state: 'warming', progress: 0.5 } }), 'Still to come: thinking 50 %');
});

test('without a connection it is said whether there ever was one', () => {
  assert.match(away({ met: false }), /homepilot serve/);
  assert.match(away({ met: true }), /tried again by itself/);
  assert.match(away({ met: true, refused: true }), /no more conversations/);
});

test('the sentence to begin with is one that this persona can do something about', () => {
  assert.match(opener({ mode: 'unlinked' }), /tea/);
  assert.match(opener({ mode: 'linked', autonomy: { default: 0, ceiling: 0 } }), /^What/);
  assert.match(opener({ mode: 'linked', autonomy: { default: 1, ceiling: 2 } }), /^Remind me/);
  assert.equal(sound({ voice: { speed: 0.95 } }), 'Speaks calmly');
  assert.equal(sound({ voice: { speed: 1 } }), 'Speaks at an easy pace');
  assert.equal(sound({}), 'Speaks at an easy pace');
});

test('an exact time is told as people write it, on the clock of its own zone', () => {
  const value = 'tomorrow at five p.m. (2026-11-24T17:00:00+01:00[Europe/Rome])';
  assert.deepEqual(exactTime(value, 'Europe/Rome', 'en-GB'), { words: 'tomorrow at five p.m.', exact: 'Tue, 24 Nov 2026, 17:00' });
  assert.equal(exactTime(value, 'Asia/Tokyo', 'en-GB').exact, 'Tue, 24 Nov 2026, 17:00 (Europe/Rome)');
  assert.deepEqual(exactTime('at five (or six)', 'Europe/Rome'), { words: 'at five (or six)', exact: '' });
});
