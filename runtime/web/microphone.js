// Speech in. Opened when it is first needed, closed when it has not been needed for a while.

/** Why there is no sound; `code` is one of the keys of `MICROPHONE` in words.js. */
export class MicrophoneError extends Error {
  constructor(code, cause) {
    super(code, { cause });
    this.code = code;
  }
}

const CODES = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

export class Microphone {
  #onChunk;
  #onLost;
  #open = null;
  #ticket = 0;
  #flushes = new Map();

  /**
   * @param {(pcm: Int16Array, level: number) => void} onChunk 24 kHz mono, 40 ms each; level is the root mean square
   * @param {() => void} onLost the device went away
   */
  constructor(onChunk, onLost) {
    this.#onChunk = onChunk;
    this.#onLost = onLost;
  }

  /** Hands-free needs the browser to take our own voice out of the sound; holding to talk is clearer without. */
  async open({ handsFree }) {
    if (this.#open && this.#open.handsFree !== handsFree) this.close();
    this.#open ??= { handsFree, parts: this.#start(handsFree) };
    const mine = this.#open;
    try {
      await mine.parts;
    } catch (error) {
      if (this.#open === mine) this.#open = null;
      throw error;
    }
  }

  /** Waits until everything said so far has been handed on. */
  async flush() {
    if (!this.#open) return;
    const { node } = await this.#open.parts;
    this.#ticket += 1;
    const ticket = this.#ticket;
    await new Promise((resolve) => {
      this.#flushes.set(ticket, resolve);
      setTimeout(resolve, 300);
      node.port.postMessage({ type: 'flush', ticket });
    });
    this.#flushes.delete(ticket);
  }

  close() {
    const closing = this.#open;
    this.#open = null;
    closing?.parts.then(release, () => {});
  }

  async #start(handsFree) {
    if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError('insecure');
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: handsFree, noiseSuppression: handsFree, autoGainControl: true },
      });
    } catch (error) {
      throw new MicrophoneError(CODES[error.name] ?? 'failed', error);
    }
    const context = new AudioContext({ latencyHint: 'interactive' });
    try {
      await context.audioWorklet.addModule(new URL('./capture-worklet.js', import.meta.url));
      const source = context.createMediaStreamSource(stream);
      const node = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
      node.port.onmessage = ({ data }) => {
        if (data.type === 'chunk') this.#onChunk(data.pcm, data.level);
        if (data.type === 'flushed') this.#flushes.get(data.ticket)?.();
      };
      source.connect(node);
      await context.resume();
      stream.getAudioTracks()[0].addEventListener('ended', () => {
        this.close();
        this.#onLost();
      });
      return { stream, context, node };
    } catch (error) {
      release({ stream, context });
      throw new MicrophoneError('failed', error);
    }
  }
}

function release({ stream, context }) {
  for (const track of stream.getTracks()) track.stop();
  context.close();
}
