import assert from 'node:assert/strict';
import test from 'node:test';
import { advice, again, left, next, size } from '../arriving.js';

const model = (change) => ({ id: 'm', title: 'M', kind: 'llm', state: 'waiting', bytes: 0, of: 491_400_064, ...change });

test('sizes are told as people know them', () => {
  assert.deepEqual([1_234_567, 77_704_698, 1_117_320_768].map(size), ['1.2 MB', '78 MB', '1.12 GB']);
});

test('the time that is left, once it is known', () => {
  const models = [model({ state: 'here', bytes: 491_400_064 }), model({ bytes: 91_400_064 })];
  assert.equal(left({ models, left_s: null }), '400 MB to come');
  assert.equal(left({ models, left_s: 20 }), '400 MB to come, less than a minute');
  assert.equal(left({ models, left_s: 61 }), '400 MB to come, about 1 minute');
  assert.equal(left({ models, left_s: 7200 }), '400 MB to come, about 2 hours');
});

test('what comes now and next', () => {
  const ears = model({ title: 'Ears', kind: 'asr', state: 'fetching' });
  assert.match(next({ models: [ears, model()] }), /^It is for hearing\. Next: M, for thinking\. Fetched once/);
  assert.equal(next({ models: [model({ state: 'failed' })] }), '');
});

test('the same trouble is told once, with what happens about it', () => {
  const failed = model({ state: 'failed', reason: 'the disk is full' });
  assert.equal(advice({ models: [failed, failed] }), '2 models could not be fetched: the disk is full.');
  assert.equal(advice({ models: [failed, model()] }), 'M could not be fetched: the disk is full.');
  assert.equal(advice({ models: [model()] }), '');
  assert.equal(again({ again_s: 7 }), 'Tried again by itself in 8 s.');
  assert.equal(again({ again_s: null }), '');
});
