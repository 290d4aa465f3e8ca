// One connected server: how it is, what changed about it, what each of its actions may do, and what can be done with it.
import { ActionRules } from './action-rules.js';
import { capital, spaced, tally } from './autonomy.js';
import { element } from './element.js';

const STATUS = {
  healthy: ['Connected', 'well'],
  connecting: ['Connecting', 'waiting'],
  unreachable: ['Can’t be reached', 'ill'],
  disabled: ['Switched off', 'off'],
};
/** What stands in the place of an address for those that HomePilot brings along. */
const WORDS = { builtin: 'built in', connector: 'your own account' };
const KINDS = { gateway: 'gateway', agent: 'agent', server: 'server' };

export class ServerCard {
  #acts;
  #summary = element('summary');
  #body = element('div', { class: 'server-body' });
  #drawn = '';
  #removing = false;
  #given = null;
  part = element('details', { class: 'server' }, this.#summary, this.#body);

  constructor(acts) {
    this.#acts = acts;
  }

  show(given) {
    const drawn = JSON.stringify(given);
    if (drawn === this.#drawn) return;
    // Half a word typed into a form is not to be torn away; the next look shows it.
    if (this.#body.querySelector('form:not([hidden])')) return;
    this.#drawn = drawn;
    this.#given = given;
    this.#draw();
  }

  #draw() {
    const { server, rows } = this.#given;
    const [word, health] = server.sign_in ? ['Wants you to sign in', 'waiting'] : (STATUS[server.status] ?? [server.status, 'off']);
    const changed = server.quarantined.length;
    this.part.id = `server-${server.name}`;
    this.part.dataset.server = server.name;
    this.part.dataset.health = health;
    // Nothing else can be done with it before that.
    if (server.sign_in) this.part.open = true;
    const count = `${server.tools.length} ${server.tools.length === 1 ? 'action' : 'actions'}`;
    this.#summary.replaceChildren(...[
      element('span', { class: 'server-name' }, capital(spaced(server.name))),
      element('span', { class: 'server-status' }, element('span', { class: 'dot', 'aria-hidden': 'true' }), word),
      element('span', { class: 'server-line' }, [WORDS[server.origin] ?? hostOf(server.url), count, tally(rows)].filter(Boolean).join(' · ')),
      changed > 0 && element('span', { class: 'server-changed' }, `${changed} changed ${changed === 1 ? 'action wants' : 'actions want'} your look`),
    ].filter(Boolean));
    this.#body.replaceChildren(...[
      server.description && element('p', { class: 'server-about' }, capital(server.description)),
      server.reason && !server.sign_in && element('p', { class: 'place-problem' }, capital(server.reason)),
      server.sign_in && server.sign_in_problem && element('p', { class: 'place-problem', role: 'alert' }, `${capital(server.sign_in_problem)}.`),
      server.sign_in && element('p', { class: 'sign-in' },
        element('a', { class: 'primary', id: `sign-in-${server.name}`, href: safe(server.sign_in), target: '_blank', rel: 'noopener' }, 'Sign in'),
        element('span', {}, 'Opens its page in a new tab; this card sees by itself when you have agreed there.')),
      ...server.quarantined.map((one) => this.#changed(one)),
      rows.length > 0 && new ActionRules(this.#given, this.#acts).part,
      ...(server.notes ?? []).map((note) => element('p', { class: 'label' }, capital(note))),
      this.#foot(),
      element('p', { class: 'place-problem', role: 'alert', id: `problem-${server.name}`, hidden: true }),
    ].filter(Boolean));
  }

  #changed(one) {
    const { server } = this.#given;
    return element('section', { class: 'changed', 'aria-label': `Changed: ${spaced(one.name)}` },
      element('h3', {}, `“${spaced(one.name)}” changed, so it is not used`),
      element('p', {}, 'This is what its server says differently from when it was first seen. Use it only if you expected that.'),
      element('pre', { class: 'diff', tabindex: '0', 'aria-label': 'What changed' }, one.diff.trimEnd().split('\n').map((line) => {
        const sign = line.trimStart()[0];
        const kind = sign === '+' ? 'new' : sign === '-' ? 'gone' : 'same';
        return element('span', { class: kind }, `${line}\n`);
      })),
      element('button', { type: 'button', class: 'outline', id: `approve-${server.name}-${one.name}`, onclick: () => this.#act(() => this.#acts.approve(server.name, one.name, one.tool_hash)) }, 'Use it as it is now'));
  }

  #foot() {
    const { server } = this.#given;
    if (server.origin === 'builtin') {
      return element('p', { class: 'label' }, 'Part of HomePilot: it is always there, and stays on this computer.');
    }
    const button = (id, text, act, style = 'quiet') => element('button', { type: 'button', class: style, id: `${id}-${server.name}`, onclick: act }, text);
    if (this.#removing) {
      return element('div', { class: 'server-foot' },
        element('span', { class: 'label' }, `Remove ${capital(spaced(server.name))}? Its actions are gone at once.`),
        button('remove-yes', 'Remove it', () => this.#act(() => this.#acts.remove(server)), 'outline danger'),
        button('remove-no', 'Keep it', () => this.#ask(false), 'outline'));
    }
    if (server.origin === 'connector') {
      return element('div', { class: 'server-foot' },
        element('span', { class: 'label' }, 'Runs on this computer with your own account, while its settings are there.'),
        element('div', { class: 'server-acts' },
        button('refresh', 'Look again', () => this.#act(() => this.#acts.refresh(server.name))),
        button('enable', server.enabled ? 'Switch off' : 'Switch on', () => this.#act(() => this.#acts.change(server.name, { enable: !server.enabled })))));
    }
    return element('div', { class: 'server-foot' },
      element('span', { class: 'label' }, `A ${KINDS[server.kind]} at ${hostOf(server.url)}. Its key is kept and never shown.`),
      element('div', { class: 'server-acts' },
      button('refresh', 'Look again', () => this.#act(() => this.#acts.refresh(server.name))),
      button('enable', server.enabled ? 'Switch off' : 'Switch on', () => this.#act(() => this.#acts.change(server.name, { enable: !server.enabled }))),
      button('trust', server.trusted ? 'Stop trusting its labels' : 'Trust its labels', () => this.#act(() => this.#acts.change(server.name, { trusted: !server.trusted }))),
      button('remove', 'Remove', () => this.#ask(true), 'quiet danger')));
  }

  #ask(removing) {
    this.#removing = removing;
    this.#draw();
    document.getElementById(`${removing ? 'remove-no' : 'remove'}-${this.#given.server.name}`)?.focus();
  }

  async #act(act) {
    this.part.setAttribute('aria-busy', 'true');
    try {
      await act();
    } catch (error) {
      const problem = document.getElementById(`problem-${this.#given.server.name}`);
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      this.part.removeAttribute('aria-busy');
    }
  }
}

const hostOf = (url) => url.replace(/^https?:\/\//, '').replace(/\/…$/, '');

/** Only a page may be opened. */
const safe = (url) => (/^https?:\/\//.test(url) ? url : null);
