import assert from 'node:assert/strict';
import test from 'node:test';
import { byDay, calls, decided, outcome } from '../journal.js';

const row = (id, state, at, more = {}) => ({ id, state, at, persona: 'assistant', server: 'mail', tool: 'send', decision: 'approved', decided_by: 'voice', summary: `assistant: send of mail ${state}`, ...more });

test('steps become calls, in the order they happened, with the time between them', () => {
  const list = calls([
    row('b', 'denied', '2026-11-23T10:00:05Z', { decision: 'denied' }),
    row('a', 'succeeded', '2026-11-23T10:00:01.250Z'),
    row('a', 'dispatching', '2026-11-23T10:00:01.004Z'),
    row('a', 'approved', '2026-11-23T10:00:01Z'),
  ]);
  assert.deepEqual(list.map(({ id, state }) => [id, state]), [['b', 'denied'], ['a', 'succeeded']]);
  assert.deepEqual(list[1].steps.map(({ state, ms }) => [state, ms]), [['approved', null], ['dispatching', 4], ['succeeded', 246]]);
});

test('who decided is told, nobody included', () => {
  const said = (decidedBy, decision = 'approved', state = 'succeeded') => decided({ decidedBy, decision, state });
  assert.equal(said('voice'), 'Yes by you, aloud');
  assert.equal(said('screen', 'denied', 'denied'), 'No by you, on this page');
  assert.equal(said('policy'), 'Allowed by a rule');
  assert.equal(said('policy', 'denied', 'denied'), 'Refused by a rule');
  assert.equal(said('timeout', 'denied', 'expired'), 'Nobody answered in time');
});

test('days have names while they are near', () => {
  const now = new Date(2026, 10, 23, 12);
  const at = (day) => ({ at: new Date(2026, 10, day, 9).toISOString() });
  const days = byDay([at(23), at(23), at(22), at(20)], now, 'en-GB');
  assert.deepEqual(days.map(({ day, calls: some }) => [day, some.length]), [['Today', 2], ['Yesterday', 1], ['Friday 20 November', 1]]);
});

test('a question that was changed was not refused', () => {
  const [changed, refused] = calls([
    row('a', 'denied', '2026-11-23T10:00:05Z', { decided_by: 'api', decision: 'denied', summary: 'assistant: send of mail was changed before it was answered' }),
    row('b', 'denied', '2026-11-23T10:00:04Z', { decision: 'denied' }),
  ]);
  assert.equal(outcome(changed), 'Changed');
  assert.match(decided(changed), /^You changed it/);
  assert.equal(outcome(refused), 'Not done');
  assert.equal(changed.said, 'was changed before it was answered');
});
