// The models that are still to come: what is here, what is on its way, what comes next, and what keeps it from coming.
import { element, icon } from './element.js';
import { advice, again, left, next, size } from './arriving.js';

const TICK = 'M3 8.5 6.5 12 13 4.5';
const CROSS = 'M4.5 4.5l7 7M11.5 4.5l-7 7';
const DOT = 'M8 8h.01';
const MARKS = { here: TICK, failed: CROSS, fetching: DOT, waiting: DOT };

export class Arrivals {
  #box;
  #rows = new Map();
  #list = element('ol');
  #next = element('p', { class: 'label arrivals-next', role: 'status' });
  #left = element('p', { class: 'label' });
  #when = element('p', { class: 'label' });
  #problem = element('p', { class: 'problem', role: 'alert', hidden: true });
  #again;

  /** @param {() => Promise<void>} tryNow asks the server to try what failed */
  constructor(box, tryNow) {
    this.#box = box;
    this.#again = element('button', { type: 'button', class: 'outline', id: 'arrivals-again', hidden: true, onclick: async () => {
      this.#again.disabled = true;
      try {
        await tryNow();
      } catch (error) {
        write(this.#problem, error.message);
        this.#again.disabled = false;
      }
    } }, 'Try now');
    box.replaceChildren(
      element('header', {}, element('h2', { id: 'arrivals-title' }, 'Getting HomePilot ready'), this.#left),
      this.#list, this.#problem,
      element('footer', {}, this.#next, this.#when, this.#again));
  }

  /** @param {?object} fetch what the status says of them; null once everything is here */
  show(fetch) {
    this.#box.hidden = !fetch;
    if (!fetch) return;
    for (const model of fetch.models) this.#row(model);
    const problem = advice(fetch);
    this.#problem.hidden = problem === '';
    if (problem) write(this.#problem, problem);
    write(this.#left, left(fetch));
    write(this.#next, next(fetch));
    // Not in a live region: it counts down.
    write(this.#when, again(fetch));
    this.#again.hidden = typeof fetch.again_s !== 'number';
    // Pressed, it rests until the next try has come to nothing too.
    if (this.#again.hidden) this.#again.disabled = false;
  }

  #row(model) {
    if (!this.#rows.has(model.id)) {
      const bar = element('progress', { 'aria-label': model.title });
      const amount = element('span', { class: 'amount' });
      const part = element('li', {}, icon(DOT, 'tick'), element('span', { class: 'title' }, model.title), amount, bar);
      this.#rows.set(model.id, { part, bar, amount });
      this.#list.append(part);
    }
    const { part, bar, amount } = this.#rows.get(model.id);
    part.dataset.state = model.state;
    part.querySelector('.tick path').setAttribute('d', MARKS[model.state] ?? DOT);
    bar.max = Math.max(1, model.of);
    bar.value = model.bytes;
    bar.hidden = model.state === 'here' || (model.state === 'waiting' && model.bytes === 0);
    write(amount, bar.hidden ? size(model.of) : `${size(model.bytes)} of ${size(model.of)}`);
  }
}

function write(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
