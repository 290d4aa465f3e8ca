// Choosing whom to talk to: the name, what it may do, and how it sounds.
import { element, icon } from './element.js';
import { ability, sound } from './words.js';

const SPEAKER = 'M3 6v4h2.5L9 13V3L5.5 6ZM11.5 5.5a3.5 3.5 0 0 1 0 5';

export class Picker {
  #button;
  #dialog;
  #list;
  #name;
  #ability;
  #on;
  #shown = {};

  /** @param {{choose: (persona: string) => void, sample: (persona: object) => Promise<void>}} on */
  constructor(page, on) {
    this.#button = page.getElementById('persona');
    this.#dialog = page.getElementById('personas');
    this.#list = page.getElementById('persona-list');
    this.#name = page.getElementById('persona-name');
    this.#ability = page.getElementById('persona-ability');
    this.#on = on;
    this.#button.addEventListener('click', () => {
      this.#dialog.showModal();
      this.#list.querySelector('[aria-current="true"]')?.focus();
    });
    // A click beside the dialog is on its backdrop.
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  show(personas, chosen) {
    if (this.#shown.personas === personas && this.#shown.chosen === chosen) return;
    this.#shown = { personas, chosen };
    this.#button.disabled = personas.length === 0;
    const persona = personas.find((known) => known.id === chosen);
    this.#name.textContent = persona?.name ?? '…';
    this.#ability.textContent = persona ? ability(persona) : '';
    this.#list.replaceChildren(...personas.map((known) => this.#card(known, known.id === chosen)));
  }

  #card(persona, current) {
    const line = (className, text) => element('span', { class: className }, text);
    const choose = element('button', {
      type: 'button', class: 'choose', 'aria-current': String(current), dataset: { persona: persona.id },
      onclick: () => {
        this.#dialog.close();
        if (!current) this.#on.choose(persona.id);
      },
    }, element('span', { class: 'name' }, persona.name, ' ', current && line('now', 'talking now')),
    line('about-it', persona.description), line('may', `${ability(persona)} · ${sound(persona)}`));
    const hear = element('button', {
      type: 'button', class: 'sample', 'aria-label': `Hear ${persona.name}`, onclick: () => this.#hear(hear, persona),
    }, icon(SPEAKER, 'speaker'), 'Hear');
    return element('div', { class: 'persona-card', 'data-current': current }, choose, hear);
  }

  async #hear(button, persona) {
    button.disabled = true;
    const word = button.lastChild;
    try {
      await this.#on.sample(persona);
      word.textContent = 'Hear';
    } catch (error) {
      console.warn('no sample', error);
      word.textContent = 'Not now';
    } finally {
      button.disabled = false;
    }
  }
}
