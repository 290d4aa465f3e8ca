// Looking at something again and again, for as long as somebody looks at it; what went wrong is said in its place.

export class Watch {
  #look;
  #every;
  #problem;
  #timer = 0;
  #on = false;

  /**
   * @param {() => Promise<void>} look
   * @param {number} every milliseconds between two looks
   * @param {HTMLElement} problem where it is said that a look failed
   */
  constructor(look, every, problem) {
    this.#look = look;
    this.#every = every;
    this.#problem = problem;
  }

  get on() {
    return this.#on;
  }

  visible(on) {
    this.#on = on;
    clearTimeout(this.#timer);
    if (on) this.now();
  }

  async now() {
    clearTimeout(this.#timer);
    try {
      await this.#look();
      this.#problem.hidden = true;
    } catch (error) {
      this.#problem.textContent = error.message;
      this.#problem.hidden = false;
    }
    clearTimeout(this.#timer);
    if (this.#on) this.#timer = setTimeout(() => this.now(), this.#every);
  }
}
