// The question card: exactly what would be done, the time left to answer, yes and no.

export class QuestionCard {
  #parts;
  #shown = null;
  #deadline = 0;
  #timer = 0;
  #before = null;
  #onShare;
  #announce;

  /**
   * @param {Document} page
   * @param {{answer: (id: string, approve: boolean) => boolean, share: (share: number|null) => void,
   *   announce: (text: string) => void}} on
   */
  constructor(page, on) {
    const part = (id) => page.getElementById(id);
    this.#parts = {
      card: part('question'),
      where: part('question-where'),
      seconds: part('question-seconds'),
      text: part('question-text'),
      list: part('question-arguments'),
      yes: part('question-yes'),
      no: part('question-no'),
      bar: part('question-bar'),
    };
    this.#onShare = on.share;
    this.#announce = on.announce;
    for (const [button, approve] of [[this.#parts.yes, true], [this.#parts.no, false]]) {
      button.addEventListener('click', () => {
        if (!this.#shown || !on.answer(this.#shown.id, approve)) return;
        // The first answer wins; the server says when it is settled.
        this.#parts.yes.disabled = true;
        this.#parts.no.disabled = true;
      });
    }
  }

  show(question) {
    if (question === this.#shown) return;
    const news = question?.id !== this.#shown?.id;
    this.#shown = question;
    clearInterval(this.#timer);
    if (!question) {
      this.#close();
      return;
    }
    const { card, where, text, list, yes, no } = this.#parts;
    where.textContent = [question.server, question.action].filter(Boolean).join(' · ');
    text.textContent = question.text || question.title;
    list.replaceChildren(...question.arguments.flatMap(({ name, label, value }) => [
      Object.assign(document.createElement('dt'), { textContent: label || name }),
      Object.assign(document.createElement('dd'), { textContent: plain(value) }),
    ]));
    this.#deadline = performance.now() + question.seconds * 1000;
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 200);
    if (!news) return;
    yes.disabled = false;
    no.disabled = false;
    card.hidden = false;
    this.#announce(`${text.textContent} Yes or no?`);
    // Half a typed sentence is not to be torn away.
    const typing = document.activeElement?.matches('input') && document.activeElement.value !== '';
    if (!typing) {
      this.#before ??= document.activeElement;
      card.focus({ preventScroll: true });
    }
  }

  #close() {
    const { card } = this.#parts;
    const inside = card.contains(document.activeElement);
    card.hidden = true;
    this.#onShare(null);
    if (inside && this.#before?.isConnected) this.#before.focus({ preventScroll: true });
    this.#before = null;
  }

  #tick() {
    const left = Math.max(0, this.#deadline - performance.now());
    const seconds = Math.ceil(left / 1000);
    const share = this.#shown.seconds > 0 ? left / (this.#shown.seconds * 1000) : 0;
    this.#parts.seconds.textContent = seconds >= 90 ? `${Math.round(seconds / 60)} min to answer` : `${seconds} s to answer`;
    this.#parts.bar.style.setProperty('--left', String(share));
    this.#onShare(share);
  }
}

function plain(value) {
  if (typeof value === 'string') return value;
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  return value === null || value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
