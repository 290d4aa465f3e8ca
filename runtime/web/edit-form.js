// The question's arguments as a form. What it sends is asked about anew: an edit is never a yes.
import { collect, fields } from './editing.js';
import { element } from './element.js';

export class EditForm {
  #form;
  #on;
  #id = null;
  #fields = [];

  /** @param {{change: (id: string, values: object) => Promise<void>, close: () => void}} on */
  constructor(form, on) {
    this.#form = form;
    this.#on = on;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  get open() {
    return this.#id !== null;
  }

  /** @param {{schema: object, values: object, error?: Error}} loaded */
  show(id, { schema, values, error }) {
    this.#id = id;
    this.#fields = error ? [] : fields(schema, values);
    this.#form.replaceChildren(
      element('div', { class: 'fields' }, this.#fields.map((field) => this.#row(field))),
      element('p', { class: 'wrong', role: 'alert', id: 'edit-problem' }, error?.message ?? ''),
      element('div', { class: 'buttons' },
        !error && element('button', { type: 'submit', class: 'primary' }, 'Ask again'),
        element('button', { type: 'button', class: 'outline', onclick: () => this.#on.close() }, 'Leave it')),
    );
    this.#form.hidden = false;
    this.#form.querySelector('input, textarea, select, button')?.focus();
  }

  hide() {
    this.#id = null;
    this.#form.hidden = true;
    this.#form.replaceChildren();
  }

  #row(field) {
    const id = `edit-${field.name}`;
    const label = field.required || field.was !== undefined ? field.label : `${field.label} (may be left out)`;
    return element('div', { class: 'field' },
      element('label', { for: id }, label[0].toUpperCase() + label.slice(1)),
      input(field, { id, name: field.name, 'aria-describedby': `${id}-wrong` }),
      element('p', { class: 'wrong', id: `${id}-wrong` }));
  }

  async #send() {
    const texts = Object.fromEntries(new FormData(this.#form));
    const { arguments: values, problems, changed } = collect(this.#fields, texts);
    if (!changed) {
      this.#problem('Nothing is changed yet.');
      return;
    }
    for (const field of this.#fields) {
      this.#form.elements[field.name].setAttribute('aria-invalid', String(field.name in problems));
      document.getElementById(`edit-${field.name}-wrong`).textContent = problems[field.name] ?? '';
    }
    if (Object.keys(problems).length > 0) return;
    const id = this.#id;
    const button = this.#form.querySelector('.primary');
    button.disabled = true;
    try {
      await this.#on.change(id, values);
      if (this.#id === id) this.#on.close();
    } catch (error) {
      if (this.#id === id) this.#problem(error.message);
    } finally {
      button.disabled = false;
    }
  }

  #problem(text) {
    document.getElementById('edit-problem').textContent = text;
  }
}

function input(field, shared) {
  switch (field.kind) {
    case 'choice':
      return select(field.choices.map((one) => [one, one]), field, shared);
    case 'switch':
      return select([['true', 'yes'], ['false', 'no']], field, shared);
    case 'long':
      return element('textarea', { ...shared, rows: 4, value: field.text });
    case 'json':
      return element('textarea', { ...shared, rows: 3, spellcheck: 'false', value: field.text });
    case 'number':
      return element('input', { ...shared, inputmode: 'decimal', value: field.text });
    case 'time':
      return element('input', { ...shared, type: 'datetime-local', value: field.text });
    case 'text':
      return element('input', { ...shared, type: 'text', value: field.text });
    default:
      throw new Error(`no such field: ${field.kind}`);
  }
}

function select(choices, field, shared) {
  const none = field.was === undefined ? [['', '–']] : [];
  return element('select', shared, [...none, ...choices].map(([value, text]) => element('option', { value, selected: value === field.text }, text)));
}
