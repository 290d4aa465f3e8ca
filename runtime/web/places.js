// The three places of the page: talking, what is connected, what was done. The address says which one is open.

export const PLACES = ['talk', 'integrations', 'activity'];

/** Pure. `#integrations` names a place; anything else is talking. */
export function placeOf(hash) {
  const name = hash.replace(/^#\/?/, '');
  return PLACES.includes(name) ? name : 'talk';
}

export class Places {
  #page;
  #enter;
  #place = null;

  /** @param {(place: string) => void} enter called whenever a place is opened */
  constructor(page, enter) {
    this.#page = page;
    this.#enter = enter;
    addEventListener('hashchange', () => this.#open(true));
    this.#open(false);
  }

  get place() {
    return this.#place;
  }

  #open(moved) {
    const place = placeOf(location.hash);
    if (place === this.#place) return;
    this.#place = place;
    this.#page.body.dataset.place = place;
    for (const link of this.#page.querySelectorAll('.places a')) {
      if (placeOf(link.hash) === place) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    for (const part of this.#page.querySelectorAll('[data-of]')) part.hidden = part.dataset.of !== place;
    this.#page.title = place === 'talk' ? 'HomePilot' : `${place[0].toUpperCase()}${place.slice(1)} · HomePilot`;
    this.#enter(place);
    // Who navigates by ear lands where the new words are.
    if (moved) this.#page.querySelector(`h2[data-heading="${place}"]`)?.focus();
  }
}
