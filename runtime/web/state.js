// What the page knows, and how each thing that happens changes it. Pure: no clock, no DOM, no sound.
//
// Invariants: at most one question is open; an entry is `live` only while its words are still coming; losing the
// connection closes the question, because the server denies what was pending.
import { capital, spaced } from './autonomy.js';
import { closing, failure } from './words.js';

/**
 * @typedef {{key: string, kind: 'you'|'persona'|'outcome'|'reminder'|'change', text: string, live: boolean,
 *   tone?: string, where?: string, cut?: boolean, due?: string, item?: string, took?: string}} Entry
 * A reminder knows when it was due and the `item` that tells it aloud, which gets no line of its own.
 */

export const initial = Object.freeze({
  connection: 'starting', // starting | loading | connecting | open | lost
  met: false, // there was a connection before
  back: false, // it was lost, and is not back yet
  refused: false, // the server is there, and takes no conversation
  retryMs: 0,
  models: null, // what the status says
  fetch: null, // models that are still to come, as the status tells it
  servers: [], // what is registered, as the gateway shows it
  personas: [],
  persona: null,
  handsFree: false,
  mic: 'off', // off | opening | on
  holding: false,
  phase: 'idle', // the server's word for where the turn is
  playing: false, // sound is leaving the loudspeaker
  responding: null, // id of the response under way
  silenced: [], // ids of responses nobody wants to hear the rest of
  question: null,
  changing: null, // id of the question whose call is being changed here
  notice: null, // {level, code, message}
  entries: [],
  counter: 0,
});

/** @returns the next state; the same object if nothing changed */
export function reduce(state, action) {
  switch (action.type) {
    case 'personas':
      return { ...state, personas: action.personas };
    case 'persona':
      return choose(state, action.id);
    case 'loading':
      return { ...state, connection: 'loading', models: action.models };
    case 'models':
      return { ...state, models: action.models, fetch: action.fetch ?? null };
    case 'servers':
      return { ...state, servers: action.servers };
    case 'connecting':
      return { ...state, connection: 'connecting' };
    case 'lost':
      return lost(state, action.retryMs);
    case 'refused':
      return state.connection === 'lost' ? { ...state, refused: true } : state;
    case 'hands-free':
      return { ...state, handsFree: action.on, mic: action.on ? 'opening' : 'off', holding: false };
    case 'mic':
      return { ...state, mic: action.mic };
    case 'mic-failed':
      return { ...notify(state, 'error', `mic_${action.code}`, action.message), mic: 'off', holding: false, handsFree: false };
    case 'hold':
      return { ...without(state, 'mic_'), holding: true, mic: state.mic === 'on' ? 'on' : 'opening' };
    case 'release':
      return { ...state, holding: false };
    case 'playback':
      return state.playing === action.playing ? state : { ...state, playing: action.playing };
    case 'silence':
      return silence(state);
    case 'took': {
      const at = state.entries.findIndex((entry) => entry.key === action.key);
      return at < 0 ? state : { ...state, entries: state.entries.with(at, { ...state.entries[at], took: action.text }) };
    }
    case 'changing': // an id, or null where it came to nothing
      return { ...state, changing: action.id };
    case 'typed':
      return add(state, { kind: 'you', text: action.text, live: false });
    case 'notice':
      return notify(state, action.level, action.code, action.message);
    case 'dismiss': // whatever it is, or only if it is this
      return action.code && state.notice?.code !== action.code ? state : { ...state, notice: null };
    case 'server':
      return server(state, action.event);
    default:
      throw new Error(`no such action: ${action.type}`);
  }
}

function choose(state, id) {
  const chosen = state.personas.find((persona) => persona.id === id);
  const before = state.persona;
  const next = { ...finish(state), persona: id, question: null, phase: 'idle', notice: null, responding: null };
  if (!before || before === id || !chosen || state.entries.length === 0) return next;
  return add(next, { kind: 'change', text: `You're talking with ${chosen.name}`, live: false });
}

function lost(state, retryMs) {
  let next = { ...finish(state), connection: 'lost', back: state.met, retryMs, phase: 'idle', responding: null, holding: false, changing: null };
  if (state.question) {
    next = add({ ...next, question: null }, {
      kind: 'outcome', tone: 'denied', key: state.question.id, live: false,
      text: 'The connection was lost before you answered, so nothing was done.',
    });
  }
  return next;
}

function silence(state) {
  const next = { ...finish(state, { cut: true }), playing: false };
  if (!state.responding || state.silenced.includes(state.responding)) return next;
  return { ...next, silenced: [...state.silenced.slice(-20), state.responding] };
}

function server(state, event) {
  switch (event.type) {
    case 'session.created':
      return opened(state);
    case 'error':
      return IGNORED.has(event.error?.code) ? state : notify(state, 'error', event.error?.code ?? 'error', failure(event.error));
    case 'homepilot.state':
      return { ...state, phase: event.state };
    case 'homepilot.notice':
      // The question is still open, and so are its buttons.
      if (event.code === 'yes_not_taken' && state.question) return refused(state, event.message);
      return notify(state, event.level, event.code, event.message);
    case 'homepilot.step': // planned anew after a change, it is the same step
      return step(state, `Step ${event.number} of ${event.of}: ${event.text}`);
    case 'homepilot.question':
      return { ...state, question: question(event) };
    case 'homepilot.question_due': // it has been heard: from here the time to answer runs
      if (state.question?.id !== event.approval_id) return state;
      return { ...state, question: { ...state.question, seconds: event.seconds } };
    case 'homepilot.question_closed':
      return closed(state, event);
    case 'homepilot.outcome':
      return add(state, {
        kind: 'outcome', tone: event.state, text: event.text, where: [capital(spaced(event.server ?? '')), spaced(event.tool ?? '')].filter(Boolean).join(' · '),
        live: false, key: event.approval_id,
      });
    case 'homepilot.reminder': // one that repeats comes again under its id
      return add(state, {
        kind: 'reminder', tone: event.late ? 'late' : 'due', text: event.text, due: event.due, item: event.item_id,
        live: false, key: `${event.id} ${event.due}`,
      });
    case 'input_audio_buffer.committed': // the beginning of its words may be known
      return write(state, event.item_id, 'you', (text) => text);
    case 'input_audio_buffer.cleared':
      return { ...state, entries: state.entries.filter((entry) => !(entry.kind === 'you' && entry.live)) };
    case 'conversation.item.input_audio_transcription.delta':
      return write(state, event.item_id, 'you', (text) => text + event.delta);
    case 'conversation.item.input_audio_transcription.completed':
      return event.transcript.trim() ? write(state, event.item_id, 'you', () => event.transcript.trim(), false) : drop(state, event.item_id);
    case 'conversation.item.input_audio_transcription.failed':
      return notify(drop(state, event.item_id), 'warning', 'not_understood', failure(event.error));
    case 'conversation.item.truncated':
      return amend(state, event.item_id, { cut: true, live: false });
    case 'response.created':
      return { ...state, responding: event.response.id };
    case 'response.output_audio_transcript.delta':
    case 'response.output_text.delta':
      return state.silenced.includes(event.response_id) ? state : write(state, event.item_id, 'persona', (text) => text + event.delta);
    case 'response.output_audio_transcript.done':
      return spoken(state, event, event.transcript);
    case 'response.output_text.done':
      return spoken(state, event, event.text);
    case 'response.done':
      return responded(state, event.response);
    default:
      // The protocol has more events than a page needs.
      return state;
  }
}

function opened(state) {
  const next = { ...without(state, 'connection'), connection: 'open', met: true, back: false, refused: false, phase: 'idle', silenced: [], responding: null };
  return state.back ? add(next, { kind: 'change', text: 'Connected again', live: false }) : next;
}

/**
 * Keys of the spoken lines that say again what an outcome right before them says. They are heard, and needn't be read
 * twice; while they are still being said, what was said so far is compared.
 */
export function echoes(entries) {
  const said = entries.filter((entry, at) => entry.kind === 'persona' && entries[at - 1]?.kind === 'outcome'
    && entry.text.trim() !== '' && entries[at - 1].text.startsWith(entry.text.trim()));
  return new Set(said.map((entry) => entry.key));
}

/** What the server may complain of without the person having to know. */
const IGNORED = new Set(['response_cancel_not_active', 'input_audio_buffer_commit_empty']);

function spoken(state, event, text) {
  if (state.silenced.includes(event.response_id)) return amend(state, event.item_id, { live: false });
  return write(state, event.item_id, 'persona', (known) => text ?? known, false);
}

function responded(state, response) {
  const next = state.responding === response.id ? { ...state, responding: null } : state;
  if (response.status !== 'failed') return next;
  return notify(next, 'error', 'response_failed', failure(response.status_details?.error));
}

function step(state, text) {
  if (state.entries.findLast((entry) => entry.kind === 'change')?.text === text) return state;
  return add(state, { kind: 'change', text, live: false });
}

function question(event) {
  return {
    id: event.approval_id,
    text: event.question,
    title: event.title ?? '',
    server: event.server ?? '',
    action: event.action ?? '',
    arguments: event.arguments ?? [],
    seconds: event.seconds,
    approve: event.approve ?? 'any',
    refused: '',
    refusals: 0,
  };
}

function refused(state, message) {
  const { question } = state;
  return { ...state, question: { ...question, refused: message, refusals: question.refusals + 1 } };
}

function closed(state, { approval_id: id, decision, decided_by: by }) {
  const next = state.question?.id === id ? { ...state, question: null } : state;
  // What was changed here is asked about anew; nobody said no.
  if (state.changing === id) return { ...next, changing: null };
  const text = closing(decision, by);
  // An approval is followed by its outcome; the other decisions are the end of the story.
  return text ? add(next, { kind: 'outcome', tone: 'denied', text, live: false, key: id }) : next;
}

/** Appends an entry, or replaces the one of the same key where it stands. */
function add(state, entry) {
  const counter = state.counter + 1;
  const key = `${entry.kind}:${entry.key ?? counter}`;
  const whole = { ...entry, key };
  const at = state.entries.findIndex((known) => known.key === key);
  if (at < 0) return { ...state, counter, entries: [...state.entries, whole] };
  return { ...state, counter, entries: state.entries.with(at, whole) };
}

function amend(state, id, change) {
  const at = state.entries.findIndex((entry) => entry.key === `you:${id}` || entry.key === `persona:${id}`);
  if (at < 0) return state;
  return { ...state, entries: state.entries.with(at, { ...state.entries[at], ...change }) };
}

function write(state, id, kind, rewrite, live = true) {
  const known = state.entries.find((entry) => entry.key === `${kind}:${id}`);
  if (known?.cut || state.entries.some((entry) => entry.item === id)) return state;
  return known
    ? amend(state, id, { text: rewrite(known.text), live })
    : add(state, { kind, text: rewrite(''), live, key: id });
}

function drop(state, id) {
  return { ...state, entries: state.entries.filter((entry) => entry.key !== `you:${id}`) };
}

/** No words are coming any more. An utterance that never got its words goes. */
function finish(state, change = {}) {
  if (!state.entries.some((entry) => entry.live)) return state;
  const entries = state.entries
    .filter((entry) => !(entry.live && entry.kind === 'persona' && entry.text === ''))
    .map((entry) => (entry.live && entry.kind === 'persona' ? { ...entry, live: false, ...change } : entry));
  return { ...state, entries: change.cut ? entries : entries.filter((entry) => !entry.live) };
}

function notify(state, level, code, message) {
  return { ...state, notice: { level, code, message } };
}

function without(state, prefix) {
  return state.notice?.code.startsWith(prefix) ? { ...state, notice: null } : state;
}
