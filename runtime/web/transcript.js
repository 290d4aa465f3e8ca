// The conversation as lines. Lines are made once and changed in place, so that a selection and the scroll survive.
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
    for (const entry of entries) {
      const known = this.#lines.get(entry.key);
      if (known?.entry === entry) continue;
      const line = known?.line ?? this.#list.appendChild(document.createElement('li'));
      if (known?.entry.kind !== entry.kind || known?.entry.tone !== entry.tone) build(line, entry, persona);
      update(line, entry);
      this.#lines.set(entry.key, { line, entry });
      this.#tell(entry, persona);
    }
    this.#toEnd();
  }

  #toEnd() {
    if (this.#follow) this.#scroll.scrollTop = this.#scroll.scrollHeight;
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
  const words = element('span', 'words');
  if (entry.kind === 'outcome') {
    const head = element('span', 'head', OUTCOMES[entry.tone] ?? '');
    if (entry.where) head.append(' ', element('span', 'where', entry.where));
    line.replaceChildren(icon(MARKS[entry.tone] ?? MARKS.denied), head, words);
  } else if (entry.kind === 'reminder') {
    const head = element('span', 'head', `${REMINDERS[entry.tone]} `);
    const time = element('time', 'at', dueTime(entry.due, new Date()));
    time.dateTime = entry.due;
    head.append(time);
    line.replaceChildren(icon(BELL), head, words);
  } else {
    const who = { you: 'You: ', persona: `${persona}: `, change: '' }[entry.kind];
    line.replaceChildren(element('span', 'unseen', who), words);
  }
  line.className = `line ${entry.kind}`;
}

function update(line, entry) {
  const words = line.querySelector('.words');
  if (words.textContent !== entry.text) words.textContent = entry.text;
  line.toggleAttribute('data-live', entry.live);
  line.toggleAttribute('data-cut', Boolean(entry.cut));
  if (entry.tone) line.dataset.tone = entry.tone;
}

function element(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function icon(path) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'mark');
  svg.setAttribute('aria-hidden', 'true');
  const drawn = document.createElementNS(space, 'path');
  drawn.setAttribute('d', path);
  svg.append(drawn);
  return svg;
}
