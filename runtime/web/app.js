// Puts the page together: state, view, conversation, and the hands on keyboard, mouse and glass.
import { Conversation } from './conversation.js';
import { initial, reduce } from './state.js';
import { View } from './view.js';

const REMEMBERED = 'homepilot.persona';
/** Milliseconds between two looks at models that are still loading. */
const LOOK_AGAIN = 1000;

let state = initial;
let drawing = 0;
const store = {
  get: () => state,
  dispatch(action) {
    const next = reduce(state, action);
    if (next === state) return;
    state = next;
    // Not requestAnimationFrame: a hidden page still has to be told to those who listen.
    drawing ||= setTimeout(() => {
      drawing = 0;
      view.show(state);
    });
  },
};

const part = (id) => document.getElementById(id);
const view = new View(document, {
  answer: (id, approve) => conversation.answer(id, approve),
  choose: (persona) => {
    remember(persona);
    conversation.talkTo(persona);
  },
});
const conversation = new Conversation(store, (level) => view.level(level));

hands();
start();

async function start() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const [{ personas }, status] = await Promise.all([get('/v1/personas'), get('/v1/agentic/status')]);
      if (state.personas.length === 0) {
        store.dispatch({ type: 'personas', personas });
        store.dispatch({ type: 'persona', id: wanted(personas) });
      }
      if (status.ready) break;
      store.dispatch({ type: 'loading', models: status.models ?? {} });
    } catch (error) {
      console.warn('the server does not answer', error);
      store.dispatch({ type: 'lost', retryMs: LOOK_AGAIN });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
  conversation.talkTo(state.persona);
}

async function get(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/** The address may name a persona (`/?persona=kids`); otherwise the one of last time. */
function wanted(personas) {
  const asked = [new URLSearchParams(location.search).get('persona'), remembered()];
  return asked.find((id) => personas.some((persona) => persona.id === id)) ?? personas[0]?.id ?? null;
}

// Storage may be forbidden; forgetting is no failure.
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(persona) {
  try {
    localStorage.setItem(REMEMBERED, persona);
  } catch {
    console.info('this browser keeps nothing; the persona is forgotten on reload');
  }
}

function hands() {
  const talk = part('talk');
  talk.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || state.handsFree) return;
    talk.setPointerCapture(event.pointerId);
    conversation.press();
  });
  for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    talk.addEventListener(name, () => conversation.release());
  }
  talk.addEventListener('contextmenu', (event) => event.preventDefault());
  talk.addEventListener('click', (event) => {
    if (state.handsFree) conversation.setHandsFree(false);
    // A click without a pointer is a screen reader's, which can't hold: one to begin, one to end.
    else if (event.detail === 0) state.holding ? conversation.release() : conversation.press();
  });

  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !part('personas').open) conversation.hush();
    if (!isTalkKey(event)) return;
    event.preventDefault();
    if (event.repeat) return;
    if (state.handsFree && event.target === talk) conversation.setHandsFree(false);
    else conversation.press();
  });
  addEventListener('keyup', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    if (isTalkKey(event)) event.preventDefault();
    conversation.release();
  });
  addEventListener('blur', () => conversation.release());
  for (const name of ['pointerup', 'keydown']) addEventListener(name, () => conversation.touched(), { once: true });

  part('hands-free').addEventListener('click', () => conversation.setHandsFree(!state.handsFree));
  part('stop').addEventListener('click', () => conversation.hush());
  part('notice-action').addEventListener('click', () => {
    if (state.connection === 'lost') conversation.retry();
    else store.dispatch({ type: 'dismiss' });
  });
  part('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = part('text').value.trim();
    if (text && conversation.say(text)) part('text').value = '';
  });
}

/** The space bar anywhere but where it means something else; on the button itself also Enter. */
function isTalkKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || part('personas').open) return false;
  if (event.target === part('talk')) return event.key === ' ' || event.key === 'Enter';
  return event.key === ' ' && !event.target.closest?.('button, input, textarea, select, a, dialog');
}
