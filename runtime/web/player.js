// Speech out: a queue of 24 kHz samples that knows exactly what was heard and falls silent at once.
import { RATE } from './pcm.js';

/** Milliseconds to wait for the worklet's account before doing without it. */
const PATIENCE = 300;

export class Player {
  #on;
  #ready = null;
  #starting = null;
  /** Items that came while the browser allowed no sound; half of one later would help nobody. */
  #unheard = new Set();
  #context = null;
  #node = null;
  #tickets = new Map();
  #ticket = 0;

  /** @param {{progress: (now: {playing: boolean, level: number}) => void, muted: () => void}} on */
  constructor(on) {
    this.#on = on;
  }

  /** Browsers start sound only from a person's gesture: call this in one. */
  async unlock() {
    await this.#open();
    if (this.#context.state !== 'running') await this.#context.resume();
  }

  async push(id, samples) {
    await this.#open();
    if (this.#unheard.has(id)) return;
    if (!(await this.#audible())) {
      if (!this.#unheard.has(id)) this.#on.muted();
      this.#unheard.add(id);
      return;
    }
    this.#node.port.postMessage({ type: 'push', id, samples }, [samples.buffer]);
  }

  async end(id) {
    if (!this.#ready) return;
    await this.#open();
    await this.#audible();
    if (this.#unheard.delete(id)) return;
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

  /** Whether the browser lets sound start; where it does, it may take a moment. */
  async #audible() {
    const context = this.#context;
    if (context.state === 'running') return true;
    this.#starting ??= new Promise((resolve) => {
      context.addEventListener('statechange', resolve, { once: true });
      setTimeout(resolve, PATIENCE);
      // Without a gesture this may stay open for ever.
      context.resume().catch((error) => console.info('no sound yet', error));
    });
    await this.#starting;
    this.#starting = null;
    return context.state === 'running';
  }

  #open() {
    this.#ready ??= (async () => {
      this.#context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
      await this.#context.audioWorklet.addModule(new URL('./playback-worklet.js', import.meta.url));
      this.#node = new AudioWorkletNode(this.#context, 'playback', { numberOfInputs: 0, outputChannelCount: [1] });
      this.#node.port.onmessage = ({ data }) => {
        if (data.type === 'progress') this.#on.progress(data);
        if (data.type === 'stopped') this.#tickets.get(data.ticket)?.(data.unfinished);
      };
      this.#node.connect(this.#context.destination);
    })();
    return this.#ready;
  }
}
