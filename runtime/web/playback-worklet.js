// The sound card's side of the player. Runs at the rate of the wire, so a sample is a sample.
import { loudness } from './pcm.js';
import { PlaybackQueue } from './queue.js';

/** Render quanta (128 samples) between two reports: 48 ms. */
const REPORT_EVERY = 9;

class Playback extends AudioWorkletProcessor {
  #queue = new PlaybackQueue();
  #quanta = 0;
  #playing = false;
  #loudest = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.type === 'push') this.#queue.push(data.id, data.samples);
      if (data.type === 'end') this.#queue.end(data.id);
      if (data.type === 'stop') {
        this.port.postMessage({ type: 'stopped', ticket: data.ticket, unfinished: this.#queue.stop() });
      }
    };
  }

  process(_inputs, [[out]]) {
    const sound = this.#queue.pull(out);
    this.#loudest = Math.max(this.#loudest, loudness(out));
    this.#quanta += 1;
    const playing = sound > 0 || this.#queue.playing;
    if (playing !== this.#playing || (playing && this.#quanta >= REPORT_EVERY)) {
      this.port.postMessage({ type: 'progress', playing, level: playing ? this.#loudest : 0 });
      this.#playing = playing;
      this.#quanta = 0;
      this.#loudest = 0;
    }
    return true;
  }
}

registerProcessor('playback', Playback);
