// The microphone's side: mixes to mono, resamples to the wire's rate, cuts into chunks.
import { RATE, Resampler, loudness, toInt16 } from './pcm.js';

/** Samples: 40 ms. */
const CHUNK = 960;

class Capture extends AudioWorkletProcessor {
  #resampler = sampleRate === RATE ? null : new Resampler(sampleRate, RATE);
  #pending = new Float32Array(CHUNK);
  #filled = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.type !== 'flush') return;
      this.#emit();
      this.port.postMessage({ type: 'flushed', ticket: data.ticket });
    };
  }

  process([channels]) {
    if (!channels?.length) return true;
    const mono = Float32Array.from(channels[0]);
    for (const other of channels.slice(1)) for (let i = 0; i < mono.length; i += 1) mono[i] += other[i];
    if (channels.length > 1) for (let i = 0; i < mono.length; i += 1) mono[i] /= channels.length;
    for (const sample of this.#resampler ? this.#resampler.push(mono) : mono) {
      this.#pending[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled === CHUNK) this.#emit();
    }
    return true;
  }

  #emit() {
    if (this.#filled === 0) return;
    const samples = this.#pending.subarray(0, this.#filled);
    const pcm = toInt16(samples);
    this.port.postMessage({ type: 'chunk', pcm, level: loudness(samples) }, [pcm.buffer]);
    this.#filled = 0;
  }
}

registerProcessor('capture', Capture);
