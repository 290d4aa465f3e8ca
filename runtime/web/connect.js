// Connecting a service: paste a name and an address, with what each provider needs said beside it.
import { call, get, path } from './api.js';
import { look, nameOf, suggestion } from './addresses.js';
import { capital, spaced } from './autonomy.js';
import { element } from './element.js';

const OWN = [
  { id: 'own', name: 'My own server', kind: 'tool', endpoint: 'An MCP server on this computer or in your own network. The address of the machine and its port is enough.', address: 'http://localhost:9300', actions: [] },
  { id: 'agent', name: 'An agent', kind: 'agent', endpoint: 'An A2A agent: the address of the agent or of its card.', address: 'http://localhost:9400', actions: [] },
  { id: 'gateway', name: 'A gateway', kind: 'gateway', endpoint: 'Another MCP gateway, whose tools you want to use here too.', address: 'https://gateway.example/mcp', actions: [] },
];

export class Connect {
  #dialog;
  #done;
  #providers = OWN;
  #chosen = 'own';
  #named = false;

  /** @param {() => Promise<void>} done something was connected */
  constructor(dialog, done) {
    this.#dialog = dialog;
    this.#done = done;
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
    // The address may hold a key: nothing of it stays in the page.
    dialog.addEventListener('close', () => dialog.replaceChildren());
  }

  async open() {
    this.#named = false;
    this.#draw();
    this.#dialog.showModal();
    if (this.#providers === OWN) {
      const catalog = await get('/v1/agentic/catalog').catch(() => null);
      // Without it one's own can still be connected, and it is asked for again the next time.
      if (catalog) {
        this.#providers = [...catalog.providers.map((one) => ({ ...one, kind: 'tool' })), ...OWN];
        this.#chosen = this.#providers[0].id;
        this.#draw();
      }
    }
    this.#part('connect-url')?.focus();
  }

  #part(id) {
    return this.#dialog.querySelector(`#${id}`);
  }

  #draw() {
    const provider = (one) => element('label', { class: 'provider' },
      element('input', { type: 'radio', name: 'provider', value: one.id, checked: one.id === this.#chosen, onchange: () => this.#choose(one.id) }),
      element('span', {}, one.name));
    const form = element('form', { class: 'connect', autocomplete: 'off' },
      element('h2', { id: 'connect-title' }, 'Connect a service'),
      element('fieldset', { class: 'providers' }, element('legend', { class: 'unseen' }, 'Who runs it'), this.#providers.map(provider)),
      element('p', { class: 'provider-about', id: 'provider-about' }),
      element('div', { class: 'field' },
        element('label', { for: 'connect-url' }, 'Address'),
        element('input', { id: 'connect-url', name: 'url', type: 'text', inputmode: 'url', spellcheck: 'false', autocapitalize: 'off', required: true, 'aria-describedby': 'connect-url-about', oninput: () => this.#typed() }),
        element('p', { class: 'help', id: 'connect-url-about' })),
      element('div', { class: 'field' },
        element('label', { for: 'connect-name' }, 'Name'),
        element('input', { id: 'connect-name', name: 'name', type: 'text', spellcheck: 'false', required: true, maxlength: 40, oninput: () => { this.#named = true; } })),
      element('div', { class: 'field', id: 'connect-key-row', hidden: true },
        element('label', { for: 'connect-key' }, 'Key for the authorization header'),
        element('input', { id: 'connect-key', name: 'key', type: 'password', autocomplete: 'off', placeholder: 'Bearer YOUR_KEY' })),
      element('label', { class: 'check', id: 'connect-private', hidden: true },
        element('input', { type: 'checkbox', name: 'allow_private' }), 'Allow link-local addresses, such as 169.254.…'),
      element('p', { class: 'wrong', role: 'alert', id: 'connect-problem' }),
      element('div', { class: 'buttons' },
        element('button', { class: 'primary', type: 'submit' }, 'Connect'),
        element('button', { class: 'outline', type: 'button', onclick: () => this.#dialog.close() }, 'Cancel')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send(form);
    });
    this.#dialog.replaceChildren(form);
    this.#choose(this.#chosen);
  }

  #choose(id) {
    this.#chosen = id;
    const { name, endpoint, actions, address, signs_in: signsIn, kind } = this.#provider();
    const radio = this.#dialog.querySelector(`[name="provider"][value="${id}"]`);
    if (radio) radio.checked = true;
    this.#part('provider-about').replaceChildren(endpoint, actions.length > 0 ? element('span', { class: 'offers' }, `${name} offers ${actions.join(', ')}.`) : '');
    this.#part('connect-url').placeholder = address;
    this.#part('connect-key').placeholder = id === 'infobip' ? 'App YOUR_KEY' : 'Bearer YOUR_KEY';
    this.#part('connect-key-row').hidden = signsIn !== 'header' && kind !== 'agent' && id !== 'own';
    this.#part('connect-private').hidden = !['own', 'agent', 'gateway'].includes(id);
    this.#typed(false);
  }

  #provider() {
    return this.#providers.find((one) => one.id === this.#chosen);
  }

  /** The address says whose it is, and what a good name could be. */
  #typed(guess = true) {
    const url = this.#part('connect-url').value;
    const { provider, problem } = look(url);
    if (guess && provider && provider !== this.#chosen && this.#providers.some((one) => one.id === provider) && !['agent', 'gateway'].includes(this.#chosen)) {
      this.#choose(provider);
      return;
    }
    if (!this.#named) this.#part('connect-name').value = suggestion(url);
    this.#part('connect-url-about').textContent = problem || 'It may hold a key. It is stored on this computer, and only its host is ever shown again.';
    this.#part('connect-url-about').classList.toggle('wrong', Boolean(problem) && url !== '');
  }

  async #send(form) {
    const { name, url, key, allow_private: near } = Object.fromEntries(new FormData(form));
    const { kind, actions } = this.#provider();
    const body = { name: nameOf(name), url: url.trim(), description: actions.length > 0 ? actions.join(', ') : '' };
    if (key && !this.#part('connect-key-row').hidden) body.headers = { authorization: key };
    if (near && !this.#part('connect-private').hidden) body.allow_private = true;
    const button = form.querySelector('.primary');
    button.disabled = true;
    button.textContent = 'Connecting';
    try {
      const view = await call('POST', path(['agentic', 'register', kind]), body);
      this.#told(view);
      await this.#done();
    } catch (error) {
      this.#part('connect-problem').textContent = error.message;
      button.disabled = false;
      button.textContent = 'Connect';
    }
  }

  /** What came of it. The form with the address is gone. */
  #told(view) {
    const title = capital(spaced(view.name));
    const well = view.status === 'healthy';
    const said = view.sign_in ? `${title} wants you to sign in first.`
      : well ? `${title} is connected. It brings ${view.tools.length} ${view.tools.length === 1 ? 'action' : 'actions'}; unless you set rules, you are asked before any of them is used.`
        : `${title} is kept, but can’t be reached yet: ${view.reason ?? 'it has not answered'}. It is tried again by itself.`;
    this.#dialog.replaceChildren(element('div', { class: 'connect' },
      element('h2', { id: 'connect-title', tabindex: '-1' }, view.sign_in ? 'One more step' : well ? 'Connected' : 'Not reached yet'),
      element('p', { role: 'status', id: 'connect-told' }, said),
      view.tools.length > 0 && element('ul', { class: 'brought' }, view.tools.slice(0, 12).map((tool) => element('li', {}, capital(spaced(tool.name)))),
        view.tools.length > 12 && element('li', {}, `and ${view.tools.length - 12} more`)),
      element('div', { class: 'buttons' },
        // The card, which sees what comes of it, lies under the dialog.
        view.sign_in && element('a', { class: 'primary', href: view.sign_in, target: '_blank', rel: 'noopener', onclick: () => setTimeout(() => this.#dialog.close()) }, 'Sign in'),
        element('button', { class: view.sign_in ? 'outline' : 'primary', type: 'button', id: 'connect-close', onclick: () => this.#dialog.close() }, 'Done'))));
    this.#part('connect-title').focus();
  }
}
