// The conversation as lines. Lines are made once and changed in place, so that a selection and the scroll survive.
import { element, icon } from './element.js';
import { echoes } from './state.js';
import { OUTCOMES, REMINDERS, dueTime } from './words.js';

const MARKS = {
  succeeded: 'M3 8.5 6.5 12 13 4.5',
  failed: 'M4 4l8 8M12 4l-8 8',
  unknown: 'M5.5 5.8a2.5 2.5 0 1 1 3.7 2.2C8.4 8.5 8 9 8 9.8M8 13v.01',
  denied: 'M3.5 8h9',
  not_sent: 'M3.5 8h9',
};
const BELL = 'M8 2.5a4 4 0 0 0-4 4c0 3-1 4-1.8 4.9h11.6C13 10.5 12 9.5 12 6.5a4 4 0 0 0-4-4ZM6.7 13.6a1.4 1.4 0 0 0 2.6 0';

export class Transcript {
  #list;
  #scroll;
  #lines = new Map();
  #said = new Set();
  #announce;
  /** Kept at the end unless the person has scrolled away from it. */
  #follow = true;

  /** @param {(text: string) => void} announce reads a finished line to those who don't see it */
  constructor(list, scroll, announce) {
    this.#list = list;
    this.#scroll = scroll;
    this.#announce = announce;
    scroll.addEventListener('scroll', () => {
      this.#follow = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    });
    new ResizeObserver(() => this.#toEnd()).observe(scroll);
  }

  show(entries, persona) {
    const keys = new Set(entries.map((entry) => entry.key));
    for (const [key, { line }] of this.#lines) {
      if (keys.has(key)) continue;
      line.remove();
      this.#lines.delete(key);
    }
    const twice = echoes(entries);
    for (const entry of entries) {
      const known = this.#lines.get(entry.key);
      if (known?.entry === entry) continue;
      const line = known?.line ?? this.#list.appendChild(document.createElement('li'));
      if (known?.entry.kind !== entry.kind || known?.entry.tone !== entry.tone) build(line, entry, persona);
      update(line, entry);
      line.hidden = twice.has(entry.key);
      this.#lines.set(entry.key, { line, entry });
      if (!line.hidden) this.#tell(entry, persona);
    }
    this.#toEnd();
  }

  #toEnd() {
    if (this.#follow && this.#lines.size > 0) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #tell(entry, persona) {
    if (entry.live || this.#said.has(entry.key)) return;
    this.#said.add(entry.key);
    const who = {
      you: () => 'You: ',
      persona: () => `${persona}: `,
      outcome: () => `${OUTCOMES[entry.tone] ?? ''}: `,
      reminder: () => `${REMINDERS[entry.tone]} ${dueTime(entry.due, new Date())}: `,
      change: () => '',
    }[entry.kind];
    this.#announce(`${who()}${entry.text}`);
  }
}

function build(line, entry, persona) {
  const words = element('span', { class: 'words' });
  if (entry.kind === 'outcome') {
    const head = element('span', { class: 'head' }, OUTCOMES[entry.tone] ?? '');
    if (entry.where) head.append(' ', element('span', { class: 'where' }, entry.where));
    line.replaceChildren(icon(MARKS[entry.tone] ?? MARKS.denied), head, words);
  } else if (entry.kind === 'reminder') {
    const head = element('span', { class: 'head' }, `${REMINDERS[entry.tone]} `);
    const time = element('time', { class: 'at', datetime: entry.due }, dueTime(entry.due, new Date()));
    head.append(time);
    line.replaceChildren(icon(BELL), head, words);
  } else {
    const who = { you: 'You: ', persona: `${persona}: `, change: '' }[entry.kind];
    line.replaceChildren(element('span', { class: 'unseen' }, who), words);
  }
  line.append(element('span', { class: 'took' }));
  line.className = `line ${entry.kind}`;
}

function update(line, entry) {
  const words = line.querySelector('.words');
  if (words.textContent !== entry.text) words.textContent = entry.text;
  const took = line.querySelector('.took');
  if (took.textContent !== (entry.took ?? '')) took.textContent = entry.took ?? '';
  line.toggleAttribute('data-live', entry.live);
  line.toggleAttribute('data-cut', Boolean(entry.cut));
  if (entry.tone) line.dataset.tone = entry.tone;
}
