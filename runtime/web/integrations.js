// What is connected: each server with its health, what changed about it, and what may be done with it.
import { call, get, path } from './api.js';
import { capital, spaced } from './autonomy.js';
import { Connect } from './connect.js';
import { element } from './element.js';
import { ServerCard } from './server-card.js';
import { Watch } from './watch.js';

/** Milliseconds between two looks at their health, while somebody looks. */
const LOOK_AGAIN = 4000;

export default class Integrations {
  #store;
  #list;
  #who;
  #problem;
  #watch;
  #cards = new Map();
  /** Whose rules are shown: a persona's id, or '' for everybody. */
  #persona = null;
  #drawn = '';

  constructor(at, store) {
    this.#store = store;
    const connect = new Connect(document.getElementById('connect'), () => this.#watch.now());
    this.#list = element('div', { class: 'servers' });
    this.#who = element('select', { id: 'rules-of', onchange: () => {
      this.#persona = this.#who.value;
      this.#watch.now();
    } });
    this.#problem = element('p', { class: 'place-problem', role: 'alert', hidden: true });
    at.replaceChildren(element('div', { class: 'place-inside' },
      element('header', { class: 'place-head' },
        element('div', {},
          element('h2', { id: 'integrations-title', tabindex: '-1', dataset: { heading: 'integrations' } }, 'Integrations'),
          element('p', {}, 'What your assistant can reach, and what it may do there.')),
        element('button', { type: 'button', class: 'primary', id: 'connect-open', onclick: () => connect.open() }, 'Connect a service')),
      element('div', { class: 'rules-of' }, element('label', { for: 'rules-of' }, 'Rules for'), this.#who),
      this.#problem, this.#list));
    this.#watch = new Watch(() => this.#look(), LOOK_AGAIN, this.#problem);
  }

  visible(on) {
    this.#watch.visible(on);
  }

  follow(state) {
    const wanting = !this.#problem.hidden || (this.#cards.size === 0 && state.personas.length > 0);
    if (this.#watch.on && state.connection === 'open' && wanting) this.#watch.now();
  }

  async #look() {
    const { personas, persona } = this.#store.get();
    if (personas.length === 0) return;
    this.#personas(personas, persona);
    const asked = { persona: this.#persona || persona };
    const [{ servers }, policy] = await Promise.all([get('/v1/agentic/servers'), get(path(['agentic', 'policy'], asked))]);
    this.#store.dispatch({ type: 'servers', servers });
    this.#show(servers, policy);
  }

  #personas(personas, current) {
    this.#persona ??= current;
    const drawn = personas.map((one) => one.id).join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#who.replaceChildren(
      ...personas.map((one) => element('option', { value: one.id, selected: one.id === this.#persona }, one.name)),
      element('option', { value: '' }, 'Everybody'));
  }

  #show(servers, policy) {
    const order = (server) => (server.quarantined.length > 0 || server.sign_in ? 0 : server.origin === 'builtin' ? 2 : 1);
    const sorted = servers.toSorted((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
    const focused = document.activeElement?.id;
    for (const [name, card] of this.#cards) {
      if (sorted.some((server) => server.name === name)) continue;
      card.part.remove();
      this.#cards.delete(name);
    }
    const { personas, persona } = this.#store.get();
    const titles = Object.fromEntries(servers.map((server) => [server.name, capital(spaced(server.name))]));
    sorted.forEach((server, index) => {
      if (!this.#cards.has(server.name)) this.#cards.set(server.name, new ServerCard(this.#acts()));
      const card = this.#cards.get(server.name);
      const rows = policy.decides.filter((row) => row.capability.startsWith(`${server.name}__`));
      const mine = policy.rules.filter((rule) => rule.tool === server.name);
      card.show({ server, rows, rules: mine, scope: this.#persona || null, shownFor: this.#persona || persona, personas, titles });
      if (this.#list.children[index] !== card.part) this.#list.insertBefore(card.part, this.#list.children[index] ?? null);
    });
    // What was drawn anew keeps the focus.
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  #acts() {
    const then = (ask) => async (...given) => {
      await ask(...given);
      await this.#watch.now();
    };
    const server = (name, ...rest) => path(['agentic', 'servers', name, ...rest]);
    const kinds = { server: 'tool', gateway: 'gateway', agent: 'agent' };
    return {
      refresh: then((name) => call('POST', server(name, 'refresh'))),
      change: then((name, patch) => call('PATCH', server(name), patch)),
      approve: then((name, tool, hash) => call('POST', server(name, 'tools', tool, 'approve'), { tool_hash: hash })),
      remove: then(({ name, kind }) => call('DELETE', path(['agentic', 'register', kinds[kind], name]))),
      set: then((rule) => call('PATCH', '/v1/agentic/policy', rule)),
      unset: then((rule) => call('DELETE', path(['agentic', 'policy'], rule))),
    };
  }
}
