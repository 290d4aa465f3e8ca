import assert from 'node:assert/strict';
import test from 'node:test';
import { PlaybackQueue } from '../queue.js';

const ramp = (from, count) => Float32Array.from({ length: count }, (_, i) => from + i);

test('plays in order across chunks and items and fills up with silence', () => {
  const queue = new PlaybackQueue();
  queue.push('a', ramp(1, 3));
  queue.push('a', ramp(4, 2));
  queue.push('b', ramp(6, 2));
  const out = new Float32Array(4);
  assert.equal(queue.pull(out), 4);
  assert.deepEqual([...out], [1, 2, 3, 4]);
  assert.equal(queue.pull(out), 3);
  assert.deepEqual([...out], [5, 6, 7, 0]);
  assert.equal(queue.playing, false);
});

test('stopping tells exactly what was handed out, and leaves nothing', () => {
  const queue = new PlaybackQueue();
  queue.push('a', ramp(0, 10));
  queue.push('b', ramp(0, 10));
  queue.pull(new Float32Array(7));
  assert.deepEqual(queue.stop(), [{ id: 'a', heard: 7 }, { id: 'b', heard: 0 }]);
  assert.equal(queue.pull(new Float32Array(8)), 0);
  assert.deepEqual(queue.stop(), []);
});

test('silence while the queue is dry is not counted as heard', () => {
  const queue = new PlaybackQueue();
  queue.push('a', ramp(0, 5));
  queue.pull(new Float32Array(100));
  queue.pull(new Float32Array(100));
  queue.push('a', ramp(5, 3));
  queue.pull(new Float32Array(2));
  assert.deepEqual(queue.stop(), [{ id: 'a', heard: 7 }]);
});

test('what ended and was heard to its end was not cut off', () => {
  const queue = new PlaybackQueue();
  queue.push('a', ramp(0, 4));
  queue.end('a');
  assert.equal(queue.playing, true);
  queue.pull(new Float32Array(4));
  assert.deepEqual(queue.stop(), []);
});

test('an item without an end does not hold up the next', () => {
  const queue = new PlaybackQueue();
  queue.push('a', ramp(1, 2));
  queue.pull(new Float32Array(2));
  queue.push('b', ramp(5, 2));
  const out = new Float32Array(2);
  queue.pull(out);
  assert.deepEqual([...out], [5, 6]);
});
