// Everything the page says in its own name. Pure.

export const MICROPHONE = {
  denied: 'The browser keeps the microphone from this page. Allow it with the sign beside the address, then press again. You can also type.',
  missing: 'No microphone was found. Plug one in and press again, or type.',
  busy: 'Another program is using the microphone. Close it and press again, or type.',
  insecure: 'Browsers give the microphone only to secure pages. Open this one as http://localhost:8000 or over https. You can also type.',
  lost: 'The microphone went away. Plug it in and press again, or type.',
  failed: 'The microphone could not be opened. Try again, or type.',
};

export const MUTED = 'Something was said that you could not hear: the browser plays no sound until you have clicked or typed here once.';

/** The one word for where things are, and the tone the page takes. */
export function mood(state) {
  if (state.connection === 'lost') return { word: 'Offline', tone: 'away' };
  if (state.connection === 'loading') return { word: 'Getting ready', tone: 'away' };
  if (state.connection !== 'open') return { word: 'Connecting', tone: 'away' };
  if (state.mic === 'opening' && (state.holding || state.handsFree)) return { word: 'Opening the microphone', tone: 'idle' };
  // The server listens while somebody speaks, and hears until the words are known; at rest it is idle.
  if (['listening', 'hearing'].includes(state.phase) || (state.holding && beingHeard(state))) return { word: 'Hearing you', tone: 'hearing' };
  if (state.holding) return { word: 'Listening', tone: 'hearing' };
  if (state.phase === 'doing') return { word: 'Doing it', tone: 'doing' };
  if (state.playing && state.question) return { word: 'Asking you', tone: 'asking' };
  if (state.playing) return { word: 'Speaking', tone: 'speaking' };
  if (state.question) return { word: 'Waiting for you', tone: 'asking' };
  if (state.phase === 'thinking') return { word: 'Thinking', tone: 'thinking' };
  if (state.fetch) return { word: 'Getting ready', tone: 'idle' };
  if (state.handsFree) return { word: 'Listening', tone: 'listening' };
  return { word: 'Ready', tone: 'idle' };
}

/** Words of what is being said have come already. */
const beingHeard = (state) => state.entries.some((entry) => entry.kind === 'you' && entry.live && entry.text !== '');

/** What one can do about it. */
export function hint(state) {
  if (state.connection === 'loading') return loading(state.models);
  if (state.connection === 'lost') return '';
  if (state.connection !== 'open') return 'One moment';
  if (state.holding) return 'Let go when you have finished';
  if (state.question) return state.handsFree ? 'Say yes, no, or what to change' : 'Hold and say yes, no, or what to change';
  if (state.playing) return state.handsFree ? 'Just speak to interrupt' : 'Hold to interrupt, Esc to stop';
  if (state.fetch) return state.fetch.models?.some((model) => model.state === 'failed') ? 'Not all of its models could be had yet' : 'Its models are on their way';
  if (state.handsFree) return 'Just speak, or press to stop listening';
  return 'Hold to talk, here or on the space bar';
}

const PARTS = { asr: 'hearing', llm: 'thinking', tts: 'voice', vad: 'noticing speech' };

/** `{asr: {id, state, progress?}}` in words; progress is 0..1. */
export function loading(models) {
  const waiting = Object.entries(models ?? {}).filter(([, model]) => model && !['ready', 'failed'].includes(model.state));
  if (waiting.length === 0) return 'Waking up';
  const parts = waiting.map(([part, { progress }]) => {
    const name = PARTS[part] ?? part;
    return typeof progress === 'number' ? `${name} ${Math.round(progress * 100)} %` : name;
  });
  return `Still to come: ${parts.join(', ')}`;
}

/** Whether anything is still to come; what failed will not. */
export const settled = (models) => Object.values(models ?? {}).every((model) => ['ready', 'failed'].includes(model.state));

/** What can't be used because its model could not be loaded, and what to do; empty if all is well. */
export function broken(models) {
  const failed = Object.entries(models ?? {}).filter(([, model]) => model.state === 'failed');
  if (failed.length === 0) return '';
  const what = failed.map(([part, model]) => `${PARTS[part] ?? part} (${model.id})${model.reason ? `: ${model.reason}` : ''}`);
  return `A model is missing: ${what.join('; ')}. Run “homepilot models pull”, then start HomePilot again; “homepilot doctor” says more.`;
}

/** The share that is loaded, 0..1; null if nobody says. */
export function progress(models) {
  const all = Object.values(models ?? {}).filter(Boolean);
  if (!all.some((model) => model.state === 'ready' || typeof model.progress === 'number')) return null;
  const shares = all.map((model) => (model.state === 'ready' ? 1 : (model.progress ?? 0)));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** What a persona may do, for somebody who has never heard of levels. `autonomy.rules` may be absent. */
export function ability({ mode, autonomy }) {
  if (mode === 'unlinked') return 'Conversation only';
  const highest = autonomy?.ceiling ?? 1;
  const usual = Math.min(autonomy?.default ?? 1, highest);
  if (highest === 0) return 'Looks things up, changes nothing';
  if (usual === 2) return 'Acts by itself';
  if (usual === 0) return 'Looks things up; acts only where you allowed it';
  const alone = (autonomy?.rules ?? []).filter((rule) => rule.level === 2).map((rule) => rule.server);
  return alone.length > 0 ? `Asks before it acts, except in ${list(alone)}` : 'Asks before it acts';
}

/** How a persona sounds, as far as words go. */
export function sound({ voice }) {
  const speed = voice?.speed ?? 1;
  return speed < 0.97 ? 'Speaks calmly' : speed > 1.03 ? 'Speaks briskly' : 'Speaks at an easy pace';
}

/** One sentence to begin with, that this persona can answer. */
export function opener(persona) {
  if (persona.mode === 'unlinked') return 'What makes a good cup of tea?';
  if ((persona.autonomy?.ceiling ?? 1) === 0) return 'What is on my to-do list?';
  return 'Remind me to water the garden tomorrow at five.';
}

/** Why there is no connection, and what to do. */
export function away({ met, refused }) {
  if (refused) return 'HomePilot is there, but takes no more conversations now. Close another page that talks to it; this one is tried again by itself.';
  return met
    ? 'The connection to HomePilot was lost. It is tried again by itself; what was asked meanwhile is not done.'
    : 'HomePilot does not answer. Start it with “homepilot serve”; this page connects by itself.';
}

function list(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Why a question went away without being done; nothing for a yes, whose outcome speaks for itself. */
export function closing(decision, by) {
  if (decision === 'approved') return '';
  if (decision === 'expired' || by === 'timeout') return 'There was no answer in time, so nothing was done.';
  if (by === 'disconnect') return 'The connection was lost before you answered, so nothing was done.';
  return 'You said no, so nothing was done.';
}

/** An error of the server, as a sentence. */
export function failure(error) {
  const message = (error?.message ?? '').trim();
  if (!message) return 'Something went wrong. Please try again.';
  const sentence = message[0].toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** "tomorrow at five (2026-11-23T17:00:00+00:00[Etc/UTC])" as its words and the exact time, for people to read. */
export function exactTime(value, zoneHere, locale) {
  const found = /^(.*) \((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)[^[)]*(?:\[([^\]]+)\])?\)$/s.exec(value);
  if (!found) return { words: value, exact: '' };
  const [, words, year, month, day, hour, minute, zone] = found;
  const wall = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const style = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit', timeZone: 'UTC' };
  const exact = new Intl.DateTimeFormat(locale, style).format(wall);
  return { words, exact: zone && zone !== zoneHere ? `${exact} (${zone})` : exact };
}

/** When a reminder was due: the time of a day that is today, else with the day. */
export function dueTime(due, now, locale) {
  const at = new Date(due);
  if (Number.isNaN(at.getTime())) return '';
  const time = { hour: 'numeric', minute: '2-digit' };
  const day = at.toDateString() === now.toDateString() ? {} : { weekday: 'short', month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(locale, { ...day, ...time }).format(at);
}

/** What stands over a reminder, before its time. */
export const REMINDERS = { due: 'Reminder', late: 'Late reminder, was due' };

export const OUTCOMES = {
  succeeded: 'Done',
  failed: 'Didn’t work',
  unknown: 'Not certain',
  denied: 'Not done',
  not_sent: 'Not sent',
};
