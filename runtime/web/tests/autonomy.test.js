import assert from 'node:assert/strict';
import test from 'node:test';
import { because, bounded, caution, choice, exact, explain, limits, spaced, tally } from '../autonomy.js';

const PERSONAS = [{ id: 'kids', name: 'Kids’ Friend' }, { id: 'secretary', name: 'Secretary' }];

test('the deciding rule is a sentence', () => {
  for (const [rule, sentence] of [
    ['default of persona secretary = 1', 'No rule; Secretary is usually at “Ask first”'],
    ['persona secretary x calendar = 2 (persona file)', 'Secretary’s own file sets everything of calendar to “By itself”'],
    ['persona secretary x mail x send_mail = 0', 'Your rule for Secretary sets “send mail” of mail to “Read only”'],
    ['mail x send_mail = 2', 'Your rule for everybody sets “send mail” of mail to “By itself”'],
    ['mail = 1', 'Your rule for everybody sets everything of mail to “Ask first”'],
    ['ceiling 0 of persona kids, over mail = 2', 'Kids’ Friend never goes above “Read only”; your rule for everybody sets everything of mail to “By itself”'],
    ['deny list of persona kids: mail', 'deny list of persona kids: mail'],
  ]) assert.equal(because(rule, PERSONAS), sentence);
});

test('what happens comes with what lowered it', () => {
  const row = { effect: 'refused', rule: 'default of persona kids = 0', lowered: ['ceiling 0'], reason: 'kids is limited to reading here' };
  assert.deepEqual(explain(row, PERSONAS).lowered, ['ceiling 0', 'kids is limited to reading here']);
  assert.equal(explain({ ...row, effect: 'runs', lowered: [] }, PERSONAS).effect, 'Runs without asking');
  assert.equal(tally([{ effect: 'runs' }, { effect: 'asks' }, { effect: 'asks' }]), '1 without asking, 2 after a yes');
});

test('a rule is found for exactly what it is for', () => {
  const rules = [{ persona: null, tool: 'mail', actions: [], level: 1 }, { persona: 'kids', tool: 'mail', actions: ['send'], level: 0 }];
  assert.equal(exact(rules, { persona: null, tool: 'mail', action: null }), rules[0]);
  assert.equal(exact(rules, { persona: 'kids', tool: 'mail', action: 'send' }), rules[1]);
  assert.equal(exact(rules, { persona: 'kids', tool: 'mail', action: null }), null);
  assert.equal(exact(rules, { persona: null, tool: 'mail', action: 'send' }), null);
});

test('limits are read from a form and told in words', () => {
  const made = bounded({ recipients: 'ann@x.org, *@y.org', from: '08:00', to: '18:00', calls: '3' });
  assert.deepEqual(made, { recipients: ['ann@x.org', '*@y.org'], hours: { from: '08:00', to: '18:00' }, calls_per_hour: 3 });
  assert.equal(limits(made), 'only to ann@x.org, *@y.org; from 08:00 to 18:00; at most 3 an hour');
  assert.equal(bounded({ recipients: ' ', from: '08:00', to: '', calls: '' }), null);
  assert.equal(spaced('createTask_now'), 'create task now');
});

test('what would run unasked against what it was taken to do is warned of first', () => {
  assert.equal(caution(0, 'read'), '');
  for (const kind of ['write', 'destructive', 'unknown']) assert.match(caution(0, kind), /without asking/);
  assert.match(caution(2, 'destructive'), /without asking/);
  assert.match(caution(2, 'unknown'), /without asking/);
  assert.equal(caution(2, 'write'), '');
  for (const kind of ['read', 'write', 'destructive', 'unknown']) assert.equal(caution(1, kind), '');
  assert.deepEqual([choice(0, 'read'), choice(0, 'write'), choice(1, 'write')], ['Read unasked', 'Treat as reading', 'Ask first']);
});
