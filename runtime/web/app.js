// Puts the page together: state, view, conversation, hands, and the places beside the conversation.
import { call, get, path } from './api.js';
import { Conversation } from './conversation.js';
import { element } from './element.js';
import { hands } from './hands.js';
import { Places } from './places.js';
import { initial, reduce } from './state.js';
import { View } from './view.js';
import { broken, loading, settled } from './words.js';

const REMEMBERED = 'homepilot.persona';
/** Milliseconds between two looks at models that are still loading. */
const LOOK_AGAIN = 1000;
/** The status of an answer to who was not paired. */
const UNPAIRED = 401;
/** So many failures in a row are no restart any more. */
const REFUSALS = 3;

let state = initial;
let drawing = 0;
/** Shows the models that are still to come; fetched when there are any. */
let arrivals = null;
/** Connections that came to nothing, one after the other. */
let losses = 0;
const store = {
  get: () => state,
  dispatch(action) {
    const next = reduce(state, action);
    if (next === state) return;
    const { connection } = state;
    state = next;
    // Not requestAnimationFrame: a hidden page still has to be told to those who listen.
    drawing ||= setTimeout(() => {
      drawing = 0;
      view.show(state);
      opened.get(places.place)?.then((place) => place.follow?.(state));
      if (state.fetch) arrivals ??= awaitArrivals();
      arrivals?.then((panel) => panel?.show(state.fetch));
    });
    if (connection !== 'open' && state.connection === 'open') arrived();
    if (action.type === 'lost') missed();
  },
};

const view = new View(document, {
  answer: (id, approve, pin) => conversation.answer(id, approve, pin),
  choose: (persona) => {
    remember(persona);
    conversation.talkTo(persona);
  },
  sample: (persona) => conversation.sample(persona),
  load: asked,
  change: (id, values) => conversation.change(id, values),
});
const conversation = new Conversation(store, (level) => view.level(level));

/** Places are fetched when they are first opened. */
const MODULES = { integrations: () => import('./integrations.js'), activity: () => import('./activity.js') };
const opened = new Map();
const places = new Places(document, async (place) => {
  if (MODULES[place] && !opened.has(place)) opened.set(place, furnish(place));
  for (const [name, made] of opened) (await made).visible(name === places.place);
});

async function furnish(place) {
  const at = document.getElementById(place);
  try {
    const [module] = await Promise.all([MODULES[place](), dressed('places')]);
    return new module.default(at, store);
  } catch (error) {
    console.warn('a place could not be fetched', error);
    at.replaceChildren(element('p', { class: 'away', role: 'alert' }, 'This could not be fetched. Load the page again when HomePilot is back.'));
    return { visible: () => {} };
  }
}

async function awaitArrivals() {
  try {
    const [{ Arrivals }] = await Promise.all([import('./arrivals.js'), dressed('arrivals')]);
    return new Arrivals(document.getElementById('arrivals'), () => call('POST', '/v1/agentic/models/fetch'));
  } catch (error) {
    console.warn('how far the models are can not be shown', error);
    arrivals = null;
    return null;
  }
}

/** A style sheet that not every visit needs, fetched once. */
function dressed(name) {
  const id = `${name}-style`;
  if (document.getElementById(id)) return null;
  const sheet = element('link', { id, rel: 'stylesheet', href: `/assets/${name}.css` });
  return new Promise((resolve) => {
    sheet.addEventListener('load', resolve);
    sheet.addEventListener('error', resolve);
    document.head.append(sheet);
  });
}

hands(document, store, conversation, view.question);
start();

async function start() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const [{ personas }, status] = await Promise.all([get('/v1/personas'), get('/v1/agentic/status')]);
      if (state.personas.length === 0) {
        store.dispatch({ type: 'personas', personas });
        store.dispatch({ type: 'persona', id: wanted(personas) });
      }
      const models = status.models ?? {};
      store.dispatch({ type: 'models', models, fetch: status.fetch });
      // What is fetched may take long: until it is here, every request is told so.
      if (status.ready || status.fetch || (Object.keys(models).length > 0 && settled(models))) {
        conversation.talkTo(state.persona);
        const problem = broken(models);
        if (problem) store.dispatch({ type: 'notice', level: 'error', code: 'model_missing', message: problem });
        return;
      }
      store.dispatch({ type: 'loading', models });
    } catch (error) {
      if (error.status === UNPAIRED) {
        await letIn();
        continue;
      }
      console.warn('the server does not answer', error);
      store.dispatch({ type: 'lost', retryMs: LOOK_AGAIN });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}

/** From another machine, only devices that were paired are answered. */
async function letIn() {
  const { pair } = await import('./pairing.js');
  await pair(document.getElementById('pairing'));
}

/** A device may have been paired to talk only: its yes would not count, so it is not offered one. */
async function approves() {
  const seen = await get('/v1/access').catch(() => null);
  document.body.dataset.approves = String(seen?.scopes.includes('approve') ?? true);
}

async function arrived() {
  approves();
  losses = 0;
  servers();
  // A server that was started again may still be loading.
  for (let status = await models(); status && !status.ready && !settled(status.models) && state.connection === 'open'; status = await models()) {
    if (status.fetch) store.dispatch({ type: 'dismiss', code: 'waking' });
    else store.dispatch({ type: 'notice', level: 'info', code: 'waking', message: `HomePilot is still getting ready. ${loading(status.models)}.` });
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
  store.dispatch({ type: 'dismiss', code: 'waking' });
}

async function models() {
  const status = await get('/v1/agentic/status').catch(() => null);
  if (status) store.dispatch({ type: 'models', models: status.models, fetch: status.fetch });
  return status;
}

/** A browser doesn't tell why a socket was refused: whether anybody is there does. */
async function missed() {
  losses += 1;
  if (losses < REFUSALS) return;
  const there = await get('/health').then(() => true, () => false);
  if (there) store.dispatch({ type: 'refused' });
}

/** What is registered: the card says by it where a call goes, the bar whether something wants a look. */
async function servers() {
  try {
    const answer = await get('/v1/agentic/servers');
    store.dispatch({ type: 'servers', servers: answer.servers });
  } catch (error) {
    console.warn('what is registered is not known', error);
  }
}

/** What a question asks about, as it would be sent, and what may be sent. */
async function asked(id) {
  const { approvals } = await get('/v1/agentic/approvals');
  const open = approvals.find((one) => one.id === id);
  if (!open) throw new Error('This question is closed already.');
  const { capabilities } = await get(path(['agentic', 'capabilities'], { persona: open.persona }));
  const capability = capabilities.find((one) => one.id === `${open.server}__${open.tool}`);
  return { schema: capability?.input_schema ?? {}, values: open.arguments };
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
