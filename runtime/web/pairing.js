// Pairing this device: a code that the machine shows, for the right to use it from here.
import { call } from './api.js';
import { element } from './element.js';

/** A name to begin with, so that devices can be told apart. */
export function guess(agent) {
  const known = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android phone'], [/Windows/, 'Windows computer'], [/Macintosh/, 'Mac'], [/Linux/, 'Linux computer']];
  return known.find(([mark]) => mark.test(agent))?.[1] ?? 'My device';
}

/** Asks in the dialog until a code is taken. */
export function pair(dialog) {
  return new Promise((paired) => {
    const problem = element('p', { class: 'wrong', role: 'alert' });
    const button = element('button', { class: 'primary', type: 'submit' }, 'Pair this device');
    const form = element('form', { class: 'pairing', autocomplete: 'off' },
      element('h2', { id: 'pairing-title' }, 'Pair this device'),
      element('p', { class: 'help' }, 'HomePilot runs on another machine and answers only devices that were paired with it. Run “homepilot pair” there, and give the code that it shows.'),
      element('div', { class: 'field' },
        element('label', { for: 'pairing-code' }, 'Code'),
        element('input', { id: 'pairing-code', name: 'code', type: 'text', required: true, maxlength: 12, autocapitalize: 'characters', spellcheck: 'false', placeholder: 'ABCD-EFGH' })),
      element('div', { class: 'field' },
        element('label', { for: 'pairing-name' }, 'Name of this device'),
        element('input', { id: 'pairing-name', name: 'name', type: 'text', required: true, maxlength: 60, value: guess(navigator.userAgent) })),
      problem, button);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        // The token comes as a cookie, which no script reads; the answer's copy of it is dropped.
        await call('POST', '/v1/access/pair', Object.fromEntries(new FormData(form)));
        dialog.close();
        dialog.replaceChildren();
        paired();
      } catch (error) {
        problem.textContent = error.message;
        button.disabled = false;
      }
    });
    // There is nothing behind it that could be used.
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    dialog.replaceChildren(form);
    dialog.showModal();
  });
}
