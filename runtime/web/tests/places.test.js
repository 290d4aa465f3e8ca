import assert from 'node:assert/strict';
import test from 'node:test';
import { placeOf } from '../places.js';

test('the address names the place, and anything else is talking', () => {
  assert.equal(placeOf('#integrations'), 'integrations');
  assert.equal(placeOf('#/activity'), 'activity');
  for (const other of ['', '#', '#text', '#__proto__']) assert.equal(placeOf(other), 'talk');
});
