// The question card: exactly what would be done, where it goes, the time left to answer; yes, no, and other arguments.
import { whereTo } from './addresses.js';
import { spaced, capital } from './autonomy.js';
import { EditForm } from './edit-form.js';
import { element } from './element.js';
import { exactTime } from './words.js';

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export class QuestionCard {
  #parts;
  #form;
  #shown = null;
  #servers = [];
  #deadline = 0;
  #timer = 0;
  #before = null;
  #on;

  /**
   * @param {Document} page
   * @param {{answer: (id: string, approve: boolean, pin?: string) => boolean, share: (share: number|null) => void,
   *   announce: (text: string) => void, load: (id: string) => Promise<{schema: object, values: object}>,
   *   change: (id: string, values: object) => Promise<void>}} on
   */
  constructor(page, on) {
    const part = (id) => page.getElementById(`question-${id}`);
    this.#parts = {
      card: page.getElementById('question'),
      where: part('where'), seconds: part('seconds'), text: part('text'), shown: part('shown'), list: part('arguments'),
      to: part('to'), yes: part('yes'), no: part('no'), edit: part('edit'), bar: part('bar'),
      aloud: part('aloud'), pinPart: part('pin-part'), pin: part('pin'), refused: part('refused'),
    };
    this.#on = on;
    this.#form = new EditForm(part('form'), { change: on.change, close: () => this.#editing(false) });
    const { yes, no, edit, pin } = this.#parts;
    yes.addEventListener('click', () => this.#answer(true));
    no.addEventListener('click', () => this.#answer(false));
    pin.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#answer(true);
    });
    edit.addEventListener('click', () => this.#edit());
  }

  #answer(approve) {
    const { pin } = this.#parts;
    if (!this.#shown) return;
    const wanted = approve && this.#shown.approve === 'pin';
    if (wanted && !pin.value) {
      pin.focus();
      return;
    }
    // The first answer wins; the server says when it is settled.
    if (this.#on.answer(this.#shown.id, approve, wanted ? pin.value : undefined)) this.#enable(false);
  }

  /** Escape leaves the changes alone, if any are being made. @returns whether there were */
  leave() {
    if (!this.#form.open) return false;
    this.#editing(false);
    return true;
  }

  show(question, servers) {
    if (question === this.#shown && servers === this.#servers) return;
    const news = question?.id !== this.#shown?.id;
    const refused = !news && question && question.refusals !== this.#shown.refusals;
    this.#shown = question;
    this.#servers = servers;
    clearInterval(this.#timer);
    if (!question) {
      this.#close();
      return;
    }
    this.#fill(question);
    this.#deadline = performance.now() + question.seconds * 1000;
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 200);
    if (news) this.#open();
    if (refused) this.#again();
  }

  /** A yes was not taken; the question is still open. */
  #again() {
    const { pin } = this.#parts;
    this.#enable(true);
    pin.value = '';
    if (this.#shown.approve === 'pin') pin.focus();
  }

  #fill(question) {
    const { where, text, list, to } = this.#parts;
    const view = this.#servers.find((server) => server.name === question.server);
    where.textContent = [capital(spaced(question.server)), spaced(question.action)].filter(Boolean).join(' · ');
    text.textContent = question.text || question.title;
    list.replaceChildren(...question.arguments.flatMap(({ name, label, value }) => {
      const { words, exact } = exactTime(plain(value), ZONE);
      return [
        element('dt', {}, capital(label || name)),
        element('dd', {}, words, exact && element('span', { class: 'exact' }, exact)),
      ];
    }));
    to.textContent = whereTo(view);
    to.toggleAttribute('data-away', Boolean(view) && view.origin !== 'builtin');
    const { aloud, pinPart, refused, yes } = this.#parts;
    aloud.hidden = question.approve !== 'voice';
    yes.hidden = question.approve === 'voice';
    pinPart.hidden = question.approve !== 'pin';
    refused.textContent = question.refused;
    refused.hidden = !question.refused;
  }

  #open() {
    const { card, text, list } = this.#parts;
    this.#enable(true);
    this.#parts.pin.value = '';
    this.#editing(false);
    card.hidden = false;
    list.scrollTop = 0;
    // What has to be scrolled can be reached by key.
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
    else list.removeAttribute('tabindex');
    this.#on.announce(`${text.textContent} Yes or no?`);
    // Half a typed sentence is not to be torn away.
    const typing = document.activeElement?.matches('input') && document.activeElement.value !== '' && !card.contains(document.activeElement);
    if (!typing) {
      this.#before ??= document.activeElement;
      card.focus({ preventScroll: true });
    }
  }

  #close() {
    const { card } = this.#parts;
    const inside = card.contains(document.activeElement);
    card.hidden = true;
    this.#editing(false);
    this.#on.share(null);
    if (inside && this.#before?.isConnected) this.#before.focus({ preventScroll: true });
    this.#before = null;
  }

  async #edit() {
    const { id } = this.#shown;
    this.#parts.edit.disabled = true;
    const loaded = await this.#on.load(id).catch((error) => ({ error }));
    this.#parts.edit.disabled = false;
    if (this.#shown?.id !== id) return;
    this.#form.show(id, loaded);
    this.#editing(true);
  }

  #editing(on) {
    const was = this.#form.open;
    if (!on) this.#form.hide();
    this.#parts.shown.hidden = on;
    if (was && !on) this.#parts.edit.focus();
  }

  #enable(on) {
    for (const name of ['yes', 'no', 'edit', 'pin']) this.#parts[name].disabled = !on;
  }

  #tick() {
    const left = Math.max(0, this.#deadline - performance.now());
    const seconds = Math.ceil(left / 1000);
    const share = this.#shown.seconds > 0 ? left / (this.#shown.seconds * 1000) : 0;
    this.#parts.seconds.textContent = seconds >= 90 ? `${Math.round(seconds / 60)} min to answer` : `${seconds} s to answer`;
    this.#parts.bar.style.setProperty('--left', String(share));
    this.#on.share(share);
  }
}

function plain(value) {
  if (typeof value === 'string') return value;
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  return value === null || value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
