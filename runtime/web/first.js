// The first steps: what is still loading, whether the microphone hears anything, and one thing to say. Gone after the
// first answer, or when they are put away.
import { element, icon } from './element.js';
import { Microphone } from './microphone.js';
import { MICROPHONE, broken, loading, progress, settled } from './words.js';

const BEGUN = 'homepilot.begun';
/** Milliseconds to wait for a sound. */
const PATIENCE = 7000;
/** Root mean square above which a chunk (40 ms) holds more than a quiet room, and how many are needed. */
const AUDIBLE = 0.012;
const ENOUGH = 6;

const TICK = 'M3 8.5 6.5 12 13 4.5';
const DOT = 'M8 8h.01';
const CROSS = 'M4.5 4.5l7 7M11.5 4.5l-7 7';

export class FirstSteps {
  #box;
  #begun = read();
  #parts = null;
  #heard = 0;
  #microphone;
  #timer = 0;

  constructor(box) {
    this.#box = box;
    this.#microphone = new Microphone((_, level) => this.#level(level), () => this.#verdict('lost'));
  }

  show(state) {
    if (state.entries.some((entry) => entry.kind === 'persona' && !entry.live)) this.#done();
    this.#box.hidden = this.#begun;
    if (this.#begun) return;
    this.#parts ??= this.#build();
    const problem = broken(state.models);
    const ready = state.models !== null && settled(state.models) && !problem;
    const { models } = this.#parts;
    mark(models, ready ? 'done' : problem ? 'wrong' : '');
    write(models.text, ready ? 'Loaded, and they stay on this computer.' : problem || (state.connection === 'lost' ? 'Waiting for HomePilot' : state.fetch ? 'They are being fetched.' : loading(state.models)));
    const share = progress(state.models);
    models.bar.hidden = ready || share === null || Boolean(state.fetch);
    if (share !== null) models.bar.value = share;
  }

  #build() {
    const models = step('Models', element('progress', { max: 1, 'aria-label': 'Models loaded' }));
    models.bar = models.row.querySelector('progress');
    const meter = element('div', { class: 'level', 'aria-hidden': 'true', hidden: true });
    const check = element('button', { type: 'button', class: 'outline', id: 'mic-check', onclick: () => this.#check() }, 'Check');
    const microphone = step('Microphone', meter, check);
    write(microphone.text, 'See whether it hears you.');
    microphone.text.setAttribute('role', 'status');
    this.#box.replaceChildren(
      element('ol', {}, models.row, microphone.row),
      element('button', { type: 'button', class: 'quiet', onclick: () => this.#done() }, 'Hide this'),
    );
    return { models, microphone, meter, check };
  }

  async #check() {
    const { microphone, meter, check } = this.#parts;
    check.disabled = true;
    this.#heard = 0;
    mark(microphone, '');
    write(microphone.text, 'Allow the microphone if the browser asks.');
    try {
      await this.#microphone.open({ handsFree: false });
      write(microphone.text, 'Say something.');
      meter.hidden = false;
      this.#timer = setTimeout(() => this.#verdict('silent'), PATIENCE);
    } catch (error) {
      this.#verdict(error.code ?? 'failed');
    }
  }

  #level(level) {
    this.#parts.meter.style.setProperty('--level', Math.min(1, level * 6).toFixed(3));
    if (level > AUDIBLE) this.#heard += 1;
    if (this.#heard === ENOUGH) this.#verdict('heard');
  }

  #verdict(code) {
    clearTimeout(this.#timer);
    const { microphone, meter, check } = this.#parts;
    const heard = code === 'heard';
    // A moment more, so that the bar is seen to move.
    setTimeout(() => {
      this.#microphone.close();
      meter.hidden = true;
      check.disabled = false;
      check.textContent = 'Check again';
    }, heard ? 1200 : 0);
    mark(microphone, heard ? 'done' : 'wrong');
    const silent = 'It is open, but nothing was heard. Is it muted, or is another one chosen in the browser’s settings?';
    write(microphone.text, heard ? 'It hears you well.' : code === 'silent' ? silent : MICROPHONE[code]);
  }

  #done() {
    if (this.#begun) return;
    this.#begun = true;
    this.#box.hidden = true;
    this.#microphone.close();
    try {
      localStorage.setItem(BEGUN, '1');
    } catch {
      console.info('this browser keeps nothing; the first steps come again');
    }
  }
}

function read() {
  try {
    return localStorage.getItem(BEGUN) === '1';
  } catch {
    return false;
  }
}

function step(name, ...more) {
  const text = element('p');
  const row = element('li', {}, icon(DOT, 'tick'), element('strong', {}, name), text, ...more);
  return { row, text };
}

function mark({ row }, state) {
  row.toggleAttribute('data-done', state === 'done');
  row.toggleAttribute('data-wrong', state === 'wrong');
  row.querySelector('.tick path').setAttribute('d', state === 'done' ? TICK : state === 'wrong' ? CROSS : DOT);
}

function write(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
