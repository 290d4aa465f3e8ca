// Shows the state. Reads nothing back from the page and decides nothing.
import { element } from './element.js';
import { FirstSteps } from './first.js';
import { Meter } from './meter.js';
import { Picker } from './picker.js';
import { QuestionCard } from './question.js';
import { Transcript } from './transcript.js';
import { away, hint, mood, opener, progress } from './words.js';

export class View {
  #page;
  #meter;
  #picker;
  #question;
  #transcript;
  #first;
  #share = null;
  #tone = 'away';
  #retryAt = 0;
  #lost = null;

  /**
   * @param {{answer: (id: string, approve: boolean, pin?: string) => boolean, choose: (persona: string) => void,
   *   sample: (persona: object) => Promise<void>, load: (approval: string) => Promise<{schema: object, values: object}>,
   *   change: (approval: string, values: object) => Promise<void>}} on
   */
  constructor(page, on) {
    this.#page = page;
    this.#meter = new Meter(this.#part('meter'));
    this.#picker = new Picker(page, on);
    this.#first = new FirstSteps(this.#part('first'));
    this.#question = new QuestionCard(page, {
      answer: on.answer,
      load: on.load,
      change: on.change,
      share: (share) => {
        this.#share = share;
        this.#ring();
      },
      announce: (text) => this.#tell('announce-now', text),
    });
    this.#transcript = new Transcript(this.#part('transcript'), page.querySelector('.scroll'), (text) => this.#tell('announce', text));
    setInterval(() => this.#countdown(), 500);
  }

  get question() {
    return this.#question;
  }

  level(level) {
    this.#meter.level(level);
  }

  show(state) {
    const { word, tone } = mood(state);
    const { body } = this.#page;
    body.dataset.tone = tone;
    body.dataset.connection = state.connection;
    body.dataset.phase = state.phase;
    this.#tone = tone;
    this.#ring();
    this.#write('state', word);
    this.#write('mini-state', word);
    this.#attention(state.servers);
    this.#controls(state);
    this.#loading(state);
    this.#notice(state);
    this.#picker.show(state.personas, state.persona);
    const persona = state.personas.find((known) => known.id === state.persona);
    const empty = state.entries.length === 0;
    this.#part('welcome').hidden = !empty;
    this.#part('transcript').hidden = empty;
    this.#write('greeting', persona?.greeting || (persona ? `Hello, this is ${persona.name}.` : ''));
    this.#write('about', persona?.description ?? '');
    this.#part('try').hidden = !persona;
    if (persona) this.#write('try-it', opener(persona));
    this.#part('try-it').disabled = state.connection !== 'open';
    this.#first.show(state);
    // Before the card, so that the line is in place when the card takes its room.
    this.#transcript.show(state.entries, persona?.name ?? 'Assistant');
    this.#question.show(state.question, state.servers);
  }

  #controls(state) {
    const open = state.connection === 'open';
    const talk = this.#part('talk');
    talk.setAttribute('aria-disabled', String(!open));
    talk.setAttribute('aria-pressed', String(state.holding || state.handsFree));
    this.#write('talk-label', state.handsFree ? 'Stop listening' : state.holding ? 'Let go to send' : 'Hold to talk');
    const free = this.#part('hands-free');
    free.setAttribute('aria-checked', String(state.handsFree));
    free.disabled = !open && !state.handsFree;
    this.#part('stop').disabled = !state.playing;
    this.#part('send').disabled = !open;
    if (state.connection !== 'lost') this.#write('hint', hint(state));
  }

  #loading(state) {
    const bar = this.#part('loading');
    const share = progress(state.models);
    bar.hidden = state.connection !== 'loading' || share === null;
    if (!bar.hidden) bar.value = share;
  }

  /** Losing the connection outranks every other notice, until it is back. */
  #notice(state) {
    if (state.connection === 'lost' && state !== this.#lost) this.#retryAt ||= performance.now() + state.retryMs;
    if (state.connection !== 'lost') this.#retryAt = 0;
    this.#lost = state;
    this.#countdown();
    const notice = state.connection === 'lost'
      ? { level: 'warning', message: away(state), action: 'Try now' }
      : state.notice && { ...state.notice, action: 'Got it' };
    const box = this.#part('notice');
    box.hidden = !notice;
    if (!notice) return;
    box.dataset.level = notice.level;
    box.dataset.code = state.connection === 'lost' ? 'connection' : notice.code;
    this.#write('notice-text', notice.message);
    this.#write('notice-action', notice.action);
  }

  /** What wants a look under Integrations. */
  #attention(servers) {
    const count = servers.reduce((sum, server) => sum + server.quarantined.length + (server.sign_in ? 1 : 0), 0);
    const badge = this.#part('attention');
    badge.hidden = count === 0;
    if (badge.dataset.count === String(count)) return;
    badge.dataset.count = count;
    badge.replaceChildren(String(count), element('span', { class: 'unseen' }, ' to look at'));
  }

  #countdown() {
    if (this.#lost?.connection !== 'lost') return;
    const seconds = Math.ceil((this.#retryAt - performance.now()) / 1000);
    this.#write('hint', seconds > 0 ? `Trying again in ${seconds} s` : 'Trying again');
  }

  #ring() {
    this.#meter.show(this.#tone, this.#tone === 'asking' ? this.#share : null);
  }

  #tell(id, text) {
    // A line of its own each time: a region whose text is the same as before stays silent.
    const line = Object.assign(this.#page.createElement('p'), { textContent: text });
    const region = this.#part(id);
    region.append(line);
    while (region.children.length > 4) region.firstChild.remove();
  }

  #part(id) {
    return this.#page.getElementById(id);
  }

  #write(id, text) {
    const part = this.#part(id);
    if (part.textContent !== text) part.textContent = text;
  }
}
