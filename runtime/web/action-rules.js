// The autonomy editor of one server: for all of its actions and for each, the rule that is set, what happens, and why.
import { CLASSES, LEVELS, bounded, capital, caution, choice, exact, explain, limits, spaced } from './autonomy.js';
import { element } from './element.js';

export class ActionRules {
  #given;
  #acts;
  #problem = element('p', { class: 'place-problem', role: 'alert', hidden: true });
  part;

  /** @param {{server, rows, rules, scope: string|null, shownFor: string, personas, titles}} given */
  constructor(given, acts) {
    this.#given = given;
    this.#acts = acts;
    const { server, rows, scope, shownFor, personas } = given;
    const named = (id) => personas.find((one) => one.id === id)?.name ?? id;
    const tools = new Map(server.tools.map((tool) => [tool.name, tool]));
    this.part = element('div', { class: 'rules' },
      scope === null && element('p', { class: 'label' }, `Rules for everybody; what happens is shown for ${named(shownFor)}.`),
      element('div', { class: 'rule all' },
        element('span', { class: 'rule-name', id: `all-${server.name}` }, 'All its actions'),
        this.#select(null, `all-${server.name}`, null),
        this.#limits(null)),
      element('ul', {}, rows.map((row) => {
        const name = row.capability.slice(server.name.length + 2);
        return this.#row(name, row, tools.get(name));
      })),
      this.#problem);
  }

  #row(action, row, tool) {
    const { server, personas, titles } = this.#given;
    const { effect, because, lowered } = explain(row, personas, titles);
    const said = CLASSES[row.class] ?? CLASSES.unknown;
    const id = `action-${server.name}-${action}`;
    return element('li', { class: 'rule', dataset: { action, effect: row.effect } },
      element('span', { class: 'rule-name' },
        element('span', { id, title: tool?.description ?? null }, capital(spaced(action))),
        ' ', element('span', { class: 'class', title: said.about, dataset: { class: row.class } }, said.name)),
      this.#select(action, id, row.class),
      element('p', { class: 'why' }, element('strong', {}, `${effect}.`), ` ${because}.`,
        lowered.length > 0 && ` ${capital(lowered.join('; '))}.`,
        row.boundaries && !this.#rule(action) && ` Limits: ${limits(row.boundaries)}.`),
      this.#limits(action));
  }

  #rule(action) {
    const { rules, scope, server } = this.#given;
    return exact(rules, { persona: scope, tool: server.name, action });
  }

  /** @param {string|null} kind the class of the action; null where the rule is for all */
  #select(action, labelled, kind) {
    const set = this.#rule(action)?.level;
    const select = element('select', {
      class: 'level-of', id: `level-${labelled}`, 'aria-labelledby': labelled,
      onchange: () => {
        const warning = kind === null || select.value === '' ? '' : caution(Number(select.value), kind);
        if (warning) this.#confirm(select, warning, action, set);
        else this.#set(action, select.value);
      },
    }, element('option', { value: '' }, 'No rule'),
    LEVELS.map(({ level, name, about }) => element('option', { value: level, selected: level === set, title: about }, kind === null ? name : choice(level, kind))));
    return select;
  }

  /** Nothing is set before this is answered. */
  #confirm(select, warning, action, set) {
    const { value } = select;
    const leave = () => {
      select.value = set ?? '';
      box.remove();
      select.focus();
    };
    const yes = element('button', { type: 'submit', class: 'outline danger' }, 'Set it');
    const box = element('form', { class: 'caution', role: 'alert' }, element('p', {}, warning),
      yes, element('button', { type: 'button', class: 'outline', onclick: leave }, 'Leave it'));
    box.addEventListener('submit', (event) => {
      event.preventDefault();
      box.remove();
      this.#set(action, value);
    });
    select.parentElement.querySelector('.caution')?.remove();
    select.parentElement.append(box);
    box.lastChild.focus();
  }

  async #set(action, value, boundaries = null) {
    const { server, scope } = this.#given;
    const rule = { tool: server.name, level: Number(value), ...(action ? { actions: [action] } : {}), ...(scope ? { persona: scope } : {}), ...(boundaries ? { boundaries } : {}) };
    try {
      await (value === '' ? this.#acts.unset({ tool: server.name, persona: scope, action }) : this.#acts.set(rule));
    } catch (error) {
      this.#problem.textContent = error.message;
      this.#problem.hidden = false;
    }
  }

  /** Level 2 can be bounded: to whom, when, how often. */
  #limits(action) {
    const rule = this.#rule(action);
    if (rule?.level !== 2) return null;
    const { server } = this.#given;
    const key = `${server.name}-${action ?? 'all'}`;
    const known = rule.boundaries ?? {};
    const field = (name, label, value, more = {}) => element('div', { class: 'field' },
      element('label', { for: `${name}-${key}` }, label), element('input', { id: `${name}-${key}`, name, value: value ?? '', ...more }));
    const form = element('form', { class: 'limits', hidden: true },
      field('recipients', 'Only to (addresses, numbers or channels, with commas)', known.recipients?.join(', ')),
      field('from', 'From', known.hours?.from, { type: 'time' }),
      field('to', 'To', known.hours?.to, { type: 'time' }),
      field('calls', 'At most so many an hour', known.calls_per_hour, { type: 'number', min: 1, max: 10000 }),
      element('button', { class: 'outline', type: 'submit' }, 'Set limits'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      form.hidden = true;
      this.#set(action, '2', bounded(Object.fromEntries(new FormData(form))));
    });
    const open = element('button', { class: 'quiet', type: 'button', id: `limits-${key}`, 'aria-expanded': 'false', onclick: () => {
      form.hidden = !form.hidden;
      open.setAttribute('aria-expanded', String(!form.hidden));
    } }, rule.boundaries ? `Limits: ${limits(rule.boundaries)}` : 'Set limits');
    return element('div', { class: 'limits-of' }, open, form);
  }
}
