import assert from 'node:assert/strict';
import test from 'node:test';
import { collect, fields } from '../editing.js';

const SCHEMA = {
  properties: {
    text: { type: 'string' }, when: { type: 'string', format: 'date-time' }, times: { type: 'integer' }, loud: { type: 'boolean' },
    kind: { type: 'string', enum: ['call', 'mail'] }, to: { type: 'array' }, note: { type: 'string' },
  },
  required: ['text'],
};
const VALUES = { when: '2026-11-24T17:00:00+00:00[Etc/UTC]', text: 'call mom', times: 2, loud: true, kind: 'call', to: ['a', 'b'] };
const list = fields(SCHEMA, VALUES);
const edit = (texts) => collect(list, texts);

test('every argument is a field of its kind, those without a value last', () => {
  assert.deepEqual(list.map(({ name, kind, text }) => [name, kind, text]), [
    ['text', 'text', 'call mom'], ['when', 'time', '2026-11-24T17:00'], ['times', 'number', '2'], ['loud', 'switch', 'true'],
    ['kind', 'choice', 'call'], ['to', 'json', '[\n "a",\n "b"\n]'], ['note', 'text', ''],
  ]);
});

test('what nobody touched comes back as it was', () => {
  const texts = Object.fromEntries(list.map(({ name, text }) => [name, text]));
  assert.deepEqual(edit(texts), { arguments: VALUES, problems: {}, changed: false });
});

test('what was changed has the type it had', () => {
  const { arguments: result, problems, changed } = edit({ text: 'call dad', when: '2026-11-25T06:30', times: '3', loud: 'false', kind: 'mail', to: '["c"]', note: 'hi' });
  assert.deepEqual(problems, {});
  assert.equal(changed, true);
  assert.deepEqual(result, { text: 'call dad', when: '2026-11-25T06:30:00[Etc/UTC]', times: 3, loud: false, kind: 'mail', to: ['c'], note: 'hi' });
  const offset = fields(SCHEMA, { text: 'x', when: '2026-11-24T17:00:00+02:00' });
  assert.equal(collect(offset, { when: '2026-11-24T18:00' }).arguments.when, '2026-11-24T18:00:00+02:00');
});

test('a field that can’t be meant says so, and an empty one that may be empty is left out', () => {
  assert.deepEqual(Object.keys(edit({ text: ' ', times: 'two', to: '[' }).problems), ['text', 'times', 'to']);
  assert.equal('kind' in edit({ kind: '' }).arguments, false);
});
