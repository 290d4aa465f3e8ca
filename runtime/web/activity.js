// What was done: each call with what was decided, sent and returned, and how long each of it took.
import { get, path } from './api.js';
import { capital, spaced } from './autonomy.js';
import { element, icon } from './element.js';
import { STEPS, byDay, calls, decided, outcome } from './journal.js';
import { duration } from './stages.js';
import { Watch } from './watch.js';

const LOOK_AGAIN = 5000;
/** Rows of the audit that are looked at; a call has up to three. */
const ROWS = 600;

const MARKS = {
  succeeded: 'M3 8.5 6.5 12 13 4.5', failed: 'M4 4l8 8M12 4l-8 8', unknown: 'M5.5 5.8a2.5 2.5 0 1 1 3.7 2.2C8.4 8.5 8 9 8 9.8M8 13v.01',
  denied: 'M3.5 8h9', expired: 'M3.5 8h9', approved: 'M8 4v4l3 2', dispatching: 'M8 4v4l3 2',
};

export default class Activity {
  #store;
  #list;
  #filters;
  #watch;
  #drawn = '';
  #open = new Set();
  #outcomes = 0;

  constructor(at, store) {
    this.#store = store;
    this.#list = element('div', { class: 'days' });
    const filter = (id, label) => element('div', { class: 'filter' }, element('label', { for: id }, label), element('select', { id, onchange: () => this.#watch.now() }));
    this.#filters = element('div', { class: 'filters' }, filter('activity-persona', 'Who'), filter('activity-server', 'Where'));
    const problem = element('p', { class: 'place-problem', role: 'alert', hidden: true });
    at.replaceChildren(element('div', { class: 'place-inside' },
      element('header', { class: 'place-head' }, element('div', {},
        element('h2', { id: 'activity-title', tabindex: '-1', dataset: { heading: 'activity' } }, 'Activity'),
        element('p', {}, 'Everything that was asked, decided, sent and returned. What was in it is not kept here.'))),
      this.#filters, problem, this.#list));
    this.#watch = new Watch(() => this.#look(), LOOK_AGAIN, problem);
  }

  visible(on) {
    this.#watch.visible(on);
  }

  /** Something was done meanwhile. */
  follow(state) {
    const outcomes = state.entries.filter((entry) => entry.kind === 'outcome').length;
    if (outcomes === this.#outcomes) return;
    this.#outcomes = outcomes;
    if (this.#watch.on) this.#watch.now();
  }

  async #look() {
    this.#choices();
    const chosen = (id) => document.getElementById(id).value;
    const query = { every_step: true, limit: ROWS, persona: chosen('activity-persona'), server: chosen('activity-server') };
    const { entries } = await get(path(['agentic', 'audit'], query));
    this.#show(calls(entries));
  }

  #choices() {
    const { personas, servers } = this.#store.get();
    fill('activity-persona', 'Everybody', personas.map((one) => [one.id, one.name]));
    fill('activity-server', 'Everywhere', servers.map((one) => [one.name, capital(spaced(one.name))]));
  }

  #show(list) {
    const drawn = JSON.stringify(list);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const { personas } = this.#store.get();
    const name = (id) => personas.find((one) => one.id === id)?.name ?? (id === 'mcp' ? 'A program' : id);
    const focused = document.activeElement?.closest?.('[data-call]')?.dataset.call;
    if (list.length === 0) {
      this.#list.replaceChildren(element('div', { class: 'nothing' },
        element('p', { class: 'greeting' }, 'Nothing was done yet'),
        element('p', { class: 'about' }, 'Ask for something, and each step of it stands here.'),
        element('a', { class: 'outline', href: '#talk' }, 'Talk')));
      return;
    }
    this.#list.replaceChildren(...byDay(list, new Date()).map(({ day, calls: some }) => element('section', { class: 'day' },
      element('h3', {}, day), element('ol', {}, some.map((one) => this.#call(one, name))))));
    if (focused) this.#list.querySelector(`[data-call="${focused}"] summary`)?.focus({ preventScroll: true });
  }

  #call(one, name) {
    const total = one.steps.reduce((sum, step) => sum + (step.ms ?? 0), 0);
    const at = new Date(one.at);
    const took = one.steps.length > 1 ? one.steps.slice(1).map((step) => `${STEPS[step.state] ?? step.state} after ${duration(step.ms)}`).join(' · ') : '';
    const details = element('details', {
      class: 'call', dataset: { call: one.id, state: one.state }, open: this.#open.has(one.id), title: took || null,
      ontoggle: () => (details.open ? this.#open.add(one.id) : this.#open.delete(one.id)),
    },
    element('summary', {},
      icon(MARKS[one.state] ?? MARKS.unknown),
      element('span', { class: 'call-name' }, capital(spaced(one.tool)), element('span', { class: 'where' }, ` ${capital(spaced(one.server))}`)),
      element('time', { datetime: one.at }, new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }).format(at)),
      element('span', { class: 'call-line' }, [outcome(one), decided(one), total > 0 && duration(total)].filter(Boolean).join(' · '))),
    element('dl', { class: 'call-more' },
      ...pair('Asked by', name(one.persona)),
      ...pair('Decided', `${decided(one)}${one.decidedBy === 'policy' ? `: ${one.rule}` : ''}`),
      ...one.steps.flatMap((step) => pair(one.changed ? 'Closed' : (STEPS[step.state] ?? step.state), `${exact(step.at)}${step.ms === null ? '' : `, ${duration(step.ms)} later`}`)),
      ...pair('In short', `${capital(one.said)}.`)));
    return element('li', {}, details);
  }
}

const pair = (name, text) => [element('dt', {}, name), element('dd', {}, text)];

function exact(at) {
  const style = { hour: 'numeric', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 };
  return new Intl.DateTimeFormat(undefined, style).format(new Date(at));
}

function fill(id, all, choices) {
  const select = document.getElementById(id);
  const drawn = choices.map(([value]) => value).join();
  if (select.dataset.drawn === drawn) return;
  const { value } = select;
  select.dataset.drawn = drawn;
  select.replaceChildren(element('option', { value: '' }, all), ...choices.map(([one, text]) => element('option', { value: one }, text)));
  select.value = choices.some(([one]) => one === value) ? value : '';
}
