// Samples and their shapes on the wire. Pure: used by the page, by both audio worklets and by the tests.

/** The rate of every sound on the wire, in samples a second. */
export const RATE = 24_000;

/** -1..1 to signed 16 bit, clipped. */
export function toInt16(floats) {
  const out = new Int16Array(floats.length);
  for (let i = 0; i < floats.length; i += 1) {
    const x = Math.max(-1, Math.min(1, floats[i]));
    out[i] = Math.round(x < 0 ? x * 32768 : x * 32767);
  }
  return out;
}

/** Signed 16 bit to -1..1. */
export function toFloat(ints) {
  const out = new Float32Array(ints.length);
  for (let i = 0; i < ints.length; i += 1) out[i] = ints[i] / 32768;
  return out;
}

/** Base64 of s16le. */
export function encode(ints) {
  const bytes = new Uint8Array(ints.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < ints.length; i += 1) view.setInt16(i * 2, ints[i], true);
  let text = '';
  // In pieces, because a call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** s16le in base64; an odd last byte is dropped. */
export function decode(base64) {
  const text = atob(base64);
  const out = new Int16Array(text.length >> 1);
  for (let i = 0; i < out.length; i += 1) {
    out[i] = (text.charCodeAt(2 * i + 1) << 8) | text.charCodeAt(2 * i);
  }
  return out;
}

/** Root mean square. */
export function loudness(floats) {
  let sum = 0;
  for (const x of floats) sum += x * x;
  return floats.length ? Math.sqrt(sum / floats.length) : 0;
}

/** Loudness on a scale of 0..1 that follows the ear: -55 dBFS is 0, -8 dBFS is 1, quiet speech about a third. */
export function meter(rms) {
  if (rms <= 0) return 0;
  return Math.max(0, Math.min(1, (20 * Math.log10(rms) + 55) / 47)) ** 1.7;
}

const PHASES = 128;

/** Windowed-sinc resampler for a stream; half the kernel's length late, which is under a millisecond. */
export class Resampler {
  // Positions are counted in whole 1/`units` of an input sample: nothing drifts, however long the stream.
  #units;
  #step;
  #half;
  #kernel;
  #history;
  #position;

  constructor(from, to) {
    const common = divisor(from, to);
    this.#units = to / common;
    this.#step = from / common;
    const cutoff = Math.min(1, to / from) * 0.94;
    this.#half = Math.ceil(10 / cutoff);
    this.#kernel = kernel(cutoff, this.#half);
    this.#history = new Float32Array(2 * this.#half);
    this.#position = this.#half * this.#units;
  }

  /** Takes any number of samples, gives those that are complete. */
  push(samples) {
    const line = new Float32Array(this.#history.length + samples.length);
    line.set(this.#history);
    line.set(samples, this.#history.length);
    const out = [];
    const end = (line.length - this.#half) * this.#units;
    for (; this.#position < end; this.#position += this.#step) out.push(this.#at(line));
    const keep = Math.max(0, Math.floor(this.#position / this.#units) - this.#half);
    this.#history = line.slice(keep);
    this.#position -= keep * this.#units;
    return Float32Array.from(out);
  }

  #at(line) {
    const whole = Math.floor(this.#position / this.#units);
    const phase = Math.round((this.#position / this.#units - whole) * PHASES);
    let sum = 0;
    for (let tap = 1 - this.#half; tap <= this.#half; tap += 1) {
      sum += (line[whole + tap] ?? 0) * this.#kernel[(tap + this.#half) * PHASES - phase];
    }
    return sum;
  }
}

function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}

/** The kernel at every `1/PHASES` of an input sample, from `-half` to `half`. */
function kernel(cutoff, half) {
  const points = new Float32Array(2 * half * PHASES + 1);
  for (let i = 0; i < points.length; i += 1) {
    const x = i / PHASES - half;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / half);
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
    points[i] = cutoff * sinc * window;
  }
  return points;
}
