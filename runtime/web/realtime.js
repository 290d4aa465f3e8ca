// The socket: one connection to one persona, kept up. Says what it is doing and never hides a failure.

const FIRST = 500;
const LONGEST = 15_000;

/** Milliseconds before attempt number `attempt` (from 0); `random` in 0..1 keeps many pages from knocking at once. */
export function backoff(attempt, random) {
  const full = Math.min(LONGEST, FIRST * 2 ** attempt);
  return Math.round(full * (0.75 + 0.25 * random));
}

export class Realtime {
  #on;
  #url = null;
  #socket = null;
  #attempt = 0;
  #timer = null;

  /**
   * @param {{connecting: () => void, event: (event: object) => void, lost: (retryMs: number) => void}} on
   */
  constructor(on) {
    this.#on = on;
  }

  /** Talks to another persona; the connection that was there is closed. */
  connect(persona) {
    const url = new URL(`/v1/realtime?model=${encodeURIComponent(persona)}`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.close();
    this.#url = url;
    this.#attempt = 0;
    this.#dial();
  }

  /** Tries at once instead of waiting. */
  retry() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#dial();
  }

  /** False if there is nobody to send to. */
  send(event) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #dial() {
    this.#timer = null;
    this.#on.connecting();
    const socket = new WebSocket(this.#url, ['realtime']);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      const event = parse(data);
      if (event?.type === 'session.created') this.#attempt = 0;
      if (event) this.#on.event(event);
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      const wait = backoff(this.#attempt, Math.random());
      this.#attempt += 1;
      this.#timer = setTimeout(() => this.#dial(), wait);
      this.#on.lost(wait);
    };
  }
}

function parse(text) {
  try {
    const event = JSON.parse(text);
    return typeof event?.type === 'string' ? event : null;
  } catch {
    console.warn('an event that is no JSON was dropped');
    return null;
  }
}
