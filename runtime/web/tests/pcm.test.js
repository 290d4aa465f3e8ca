import assert from 'node:assert/strict';
import test from 'node:test';
import { Resampler, decode, encode, loudness, meter, toFloat, toInt16 } from '../pcm.js';

const tone = (hertz, rate, seconds) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));

test('samples survive the wire bit for bit', () => {
  const samples = Int16Array.from([0, 1, -1, 32767, -32768, 256, -257, 12345]);
  assert.deepEqual(decode(encode(samples)), samples);
  assert.equal(encode(Int16Array.from([1, -2])), 'AQD+/w==');
  const long = Int16Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 32768);
  assert.deepEqual(decode(encode(long)), long);
});

test('an odd byte at the end is dropped', () => {
  assert.deepEqual(decode(btoa('\x01\x00\x05')), Int16Array.from([1]));
});

test('loud samples are clipped, not wrapped', () => {
  assert.deepEqual(toInt16(Float32Array.from([2, -2, 0, 1, -1])), Int16Array.from([32767, -32768, 0, 32767, -32768]));
  assert.deepEqual(toFloat(Int16Array.from([-32768, 0])), Float32Array.from([-1, 0]));
});

test('the meter rises with loudness and stays between 0 and 1', () => {
  assert.equal(meter(0), 0);
  assert.equal(meter(1), 1);
  assert.ok(meter(0.01) < meter(0.05) && meter(0.05) < meter(0.1));
  assert.ok(Math.abs(loudness(tone(440, 24_000, 1)) - 0.5 / Math.SQRT2) < 1e-3);
});

for (const from of [48_000, 44_100, 16_000]) {
  test(`${from} Hz becomes 24 kHz: right length, right pitch, whatever the pieces`, () => {
    const input = tone(1000, from, 1);
    const whole = new Resampler(from, 24_000).push(input);
    assert.ok(Math.abs(whole.length - 24_000) < 64, `${whole.length} samples`);
    const middle = whole.subarray(4000, 20_000);
    assert.ok(Math.abs(loudness(middle) - 0.5 / Math.SQRT2) < 0.01, `loudness ${loudness(middle)}`);
    let crossings = 0;
    for (let i = 1; i < middle.length; i += 1) crossings += middle[i - 1] < 0 && middle[i] >= 0 ? 1 : 0;
    assert.ok(Math.abs(crossings - (1000 * middle.length) / 24_000) <= 1, `${crossings} crossings`);

    const pieces = new Resampler(from, 24_000);
    const joined = [];
    for (let at = 0; at < input.length; at += 128) joined.push(...pieces.push(input.subarray(at, at + 128)));
    assert.equal(joined.length, whole.length);
    for (let i = 0; i < joined.length; i += 97) assert.ok(Math.abs(joined[i] - whole[i]) < 1e-4, `sample ${i}`);
  });
}

test('what 24 kHz can’t carry is removed rather than folded back', () => {
  const folded = new Resampler(48_000, 24_000).push(tone(16_000, 48_000, 1)).subarray(2000, 20_000);
  assert.ok(loudness(folded) < 0.002, `loudness ${loudness(folded)}`);
});
