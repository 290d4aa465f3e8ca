// The ring of strokes around the button: the sound of whoever is being heard, or the time left for an answer.

/** Strokes from the top down either side; the newest sound is at the top. */
const HALF = 40;
const STROKES = HALF * 2;

export class Meter {
  #canvas;
  #history = new Float32Array(HALF + 1);
  #level = 0;
  #target = 0;
  #tone = 'away';
  #share = null;
  #frame = 0;
  #still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#wake()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#wake());
    canvas.addEventListener('transitionend', () => this.#wake());
  }

  /** 0..1 */
  level(level) {
    this.#target = level;
    this.#wake();
  }

  /** `share` is the part of the time that is left, or null where there is no clock. */
  show(tone, share) {
    if (tone === this.#tone && share === this.#share) return;
    this.#tone = tone;
    this.#share = share;
    this.#wake();
  }

  #wake() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#step();
      this.#draw(now);
      if (this.#alive()) this.#wake();
    });
  }

  #alive() {
    const sounding = this.#target > 0 || this.#history.some((level) => level > 0.01);
    return sounding || (!this.#still.matches && (this.#tone === 'thinking' || this.#tone === 'doing'));
  }

  #step() {
    // Up at once, down slowly, as the ear expects.
    const pull = this.#target > this.#level ? 0.6 : 0.2;
    this.#level += (this.#target - this.#level) * pull;
    if (this.#still.matches) this.#history.fill(this.#level);
    else {
      this.#history.copyWithin(1, 0);
      this.#history[0] = this.#level;
    }
  }

  #draw(now) {
    const ratio = Math.min(3, devicePixelRatio || 1);
    const size = Math.round(this.#canvas.clientWidth * ratio);
    if (size === 0) return;
    if (this.#canvas.width !== size) {
      this.#canvas.width = size;
      this.#canvas.height = size;
    }
    const pen = this.#canvas.getContext('2d');
    const inner = size * 0.345;
    const reach = size * 0.145;
    pen.clearRect(0, 0, size, size);
    pen.save();
    pen.translate(size / 2, size / 2);
    pen.strokeStyle = getComputedStyle(this.#canvas).color;
    pen.lineWidth = Math.max(1.5 * ratio, size * 0.0085);
    pen.lineCap = 'round';
    for (let stroke = 0; stroke < STROKES; stroke += 1) {
      const down = Math.min(stroke, STROKES - stroke);
      const level = this.#history[down] * (1 - 0.35 * (down / HALF));
      const angle = (stroke / STROKES) * 2 * Math.PI - Math.PI / 2;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      pen.globalAlpha = Math.max(this.#light(stroke, now), Math.min(1, 0.35 + level * 1.4) * Math.sign(Math.max(0, level - 0.02)));
      const outer = inner + size * 0.012 + reach * level;
      pen.beginPath();
      pen.moveTo(x * inner, y * inner);
      pen.lineTo(x * outer, y * outer);
      pen.stroke();
    }
    pen.restore();
  }

  /** How bright a stroke is without any sound. */
  #light(stroke, now) {
    const place = stroke / STROKES;
    if (this.#share !== null) return place < this.#share ? 0.9 : 0.16;
    if (this.#tone === 'thinking' || this.#tone === 'doing') {
      if (this.#still.matches) return 0.5;
      const behind = (((now / 1400) % 1) - place + 1) % 1;
      return 0.18 + 0.75 * Math.max(0, 1 - behind * 2.4);
    }
    return this.#tone === 'away' ? 0.22 : 0.34;
  }
}
