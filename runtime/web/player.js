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
    if ((await this.#open()) && this.#context.state !== 'running') await this.#context.resume();
  }

  async push(id, samples) {
    const open = await this.#open();
    if (this.#unheard.has(id)) return;
    if (!open || !(await this.#audible())) {
      if (!this.#unheard.has(id)) this.#on.muted();
      this.#unheard.add(id);
      return;
    }
    this.#node.port.postMessage({ type: 'push', id, samples }, [samples.buffer]);
  }

  async end(id) {
    if (!this.#ready || !(await this.#open())) return;
    await this.#audible();
    if (this.#unheard.delete(id)) return;
    this.#node.port.postMessage({ type: 'end', id });
  }

  /** Silence. Resolves to `[{id, ms}]`: what was cut off, and how much of it reached the ear. */
  async stop() {
    if (!this.#ready || !(await this.#open())) return [];
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

  /** Whether there is a player. One that could not be loaded, as when the server was away, is loaded with the next need. */
  async #open() {
    this.#ready ??= this.#make();
    try {
      await this.#ready;
      return true;
    } catch (error) {
      this.#ready = null;
      console.info('no sound yet', error);
      return false;
    }
  }

  async #make() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    await context.audioWorklet.addModule(new URL('./playback-worklet.js', import.meta.url));
    this.#context = context;
    this.#node = new AudioWorkletNode(context, 'playback', { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.port.onmessage = ({ data }) => {
      if (data.type === 'progress') this.#on.progress(data);
      if (data.type === 'stopped') this.#tickets.get(data.ticket)?.(data.unfinished);
    };
    this.#node.connect(context.destination);
  }
}
