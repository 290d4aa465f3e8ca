// What is to be heard, in order, and how much of it has been. Pure; runs inside the playback worklet.
//
// Invariant: an item counts as heard only by samples that were handed to the sound card. Silence filled in while the
// queue runs dry counts for nothing.

export class PlaybackQueue {
  /** @type {{id: string, chunks: Float32Array[], offset: number, heard: number, ended: boolean}[]} */
  #items = [];

  push(id, samples) {
    let item = this.#items.find((known) => known.id === id);
    if (!item) {
      item = { id, chunks: [], offset: 0, heard: 0, ended: false };
      this.#items.push(item);
    }
    item.chunks.push(samples);
  }

  /** Nothing more comes for this item. */
  end(id) {
    const item = this.#items.find((known) => known.id === id);
    if (item) item.ended = true;
    this.#drop();
  }

  /** Fills `out`, with silence where there is nothing. Returns how many samples were sound. */
  pull(out) {
    let filled = 0;
    while (filled < out.length) {
      const item = this.#items.find((known) => known.chunks.length > 0);
      if (!item) break;
      const chunk = item.chunks[0];
      const count = Math.min(chunk.length - item.offset, out.length - filled);
      out.set(chunk.subarray(item.offset, item.offset + count), filled);
      filled += count;
      item.heard += count;
      item.offset += count;
      if (item.offset >= chunk.length) {
        item.chunks.shift();
        item.offset = 0;
      }
    }
    out.fill(0, filled);
    this.#drop();
    return filled;
  }

  /** True while there is sound left. */
  get playing() {
    return this.#items.some((item) => item.chunks.length > 0);
  }

  /** Empties the queue. Returns what was not heard to its end, with the samples that were. */
  stop() {
    const unfinished = this.#items.map(({ id, heard }) => ({ id, heard }));
    this.#items = [];
    return unfinished;
  }

  #drop() {
    this.#items = this.#items.filter((item) => !item.ended || item.chunks.length > 0);
  }
}
