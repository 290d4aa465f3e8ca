// Speech out: a queue of 24 kHz samples that knows exactly what was heard and falls silent at once.
import { RATE } from './pcm.js';

/** Milliseconds to wait for the worklet's account before doing without it. */
const PATIENCE = 300;

export class Player {
  #onProgress;
  #ready = null;
  #context = null;
  #node = null;
  #tickets = new Map();
  #ticket = 0;

  /** @param {(progress: {playing: boolean, level: number}) => void} onProgress */
  constructor(onProgress) {
    this.#onProgress = onProgress;
  }

  /** Browsers start sound only from a person's gesture: call this in one. */
  async unlock() {
    await this.#open();
    if (this.#context.state !== 'running') await this.#context.resume();
  }

  async push(id, samples) {
    await this.#open();
    this.#node.port.postMessage({ type: 'push', id, samples }, [samples.buffer]);
  }

  async end(id) {
    if (!this.#ready) return;
    await this.#open();
    this.#node.port.postMessage({ type: 'end', id });
  }

  /** Silence. Resolves to `[{id, ms}]`: what was cut off, and how much of it reached the ear. */
  async stop() {
    if (!this.#ready) return [];
    await this.#open();
    this.#ticket += 1;
    const ticket = this.#ticket;
    const unfinished = await new Promise((resolve) => {
      this.#tickets.set(ticket, resolve);
      setTimeout(() => resolve([]), PATIENCE);
      this.#node.port.postMessage({ type: 'stop', ticket });
    });
    this.#tickets.delete(ticket);
    const latency = this.#context.outputLatency || this.#context.baseLatency || 0;
    return unfinished.map(({ id, heard }) => ({
      id,
      ms: Math.max(0, Math.round((heard / RATE - (heard > 0 ? latency : 0)) * 1000)),
    }));
  }

  #open() {
    this.#ready ??= (async () => {
      this.#context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
      await this.#context.audioWorklet.addModule(new URL('./playback-worklet.js', import.meta.url));
      this.#node = new AudioWorkletNode(this.#context, 'playback', { numberOfInputs: 0, outputChannelCount: [1] });
      this.#node.port.onmessage = ({ data }) => {
        if (data.type === 'progress') this.#onProgress(data);
        if (data.type === 'stopped') this.#tickets.get(data.ticket)?.(data.unfinished);
      };
      this.#node.connect(this.#context.destination);
    })();
    return this.#ready;
  }
}
