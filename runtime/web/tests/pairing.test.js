import { test } from 'node:test';
import assert from 'node:assert/strict';
import { guess } from '../pairing.js';

test('a device has a name to begin with', () => {
  assert.equal(guess('Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36'), 'Android phone');
  assert.equal(guess('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)'), 'iPhone');
  assert.equal(guess('Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0)'), 'Mac');
  assert.equal(guess(''), 'My device');
});
