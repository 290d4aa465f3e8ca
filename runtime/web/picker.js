// Choosing whom to talk to.
import { ability } from './words.js';

export class Picker {
  #button;
  #dialog;
  #list;
  #name;
  #ability;
  #choose;
  #shown = {};

  constructor(page, choose) {
    this.#button = page.getElementById('persona');
    this.#dialog = page.getElementById('personas');
    this.#list = page.getElementById('persona-list');
    this.#name = page.getElementById('persona-name');
    this.#ability = page.getElementById('persona-ability');
    this.#choose = choose;
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
    const card = document.createElement('button');
    card.type = 'button';
    card.dataset.persona = persona.id;
    card.setAttribute('aria-current', String(current));
    const part = (className, text) => Object.assign(document.createElement('span'), { className, textContent: text });
    card.append(
      part('name', persona.name), part('tick', '✓'), part('about-it', persona.description), part('may', ability(persona)),
    );
    card.querySelector('.tick').setAttribute('aria-hidden', 'true');
    card.addEventListener('click', () => {
      this.#dialog.close();
      if (!current) this.#choose(persona.id);
    });
    return card;
  }
}
