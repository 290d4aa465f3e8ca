// Everything the page says in its own name. Pure.

export const MICROPHONE = {
  denied: 'The browser keeps the microphone from this page. Allow it beside the address, then press again. You can also type.',
  missing: 'No microphone was found. Plug one in and press again, or type.',
  busy: 'Another program is using the microphone. Close it and press again, or type.',
  insecure: 'Browsers give the microphone only to secure pages. Open this one as http://localhost:8000 or over https. You can also type.',
  lost: 'The microphone went away. Plug it in and press again, or type.',
  failed: 'The microphone could not be opened. Try again, or type.',
};

export const MUTED = 'Something was said that you could not hear: the browser plays no sound until you have clicked or typed here once.';

/** The one word for where things are, and the tone the page takes. */
export function mood(state) {
  if (state.connection === 'lost') return { word: 'Connection lost', tone: 'away' };
  if (state.connection === 'loading') return { word: 'Getting ready', tone: 'away' };
  if (state.connection !== 'open') return { word: 'Connecting', tone: 'away' };
  if (state.mic === 'opening' && (state.holding || state.handsFree)) return { word: 'Opening the microphone', tone: 'idle' };
  if (state.holding) return { word: 'Listening', tone: 'hearing' };
  if (state.phase === 'hearing') return { word: 'Listening', tone: 'hearing' };
  if (state.phase === 'doing') return { word: 'Doing it', tone: 'doing' };
  if (state.playing && state.question) return { word: 'Asking you', tone: 'asking' };
  if (state.playing) return { word: 'Speaking', tone: 'speaking' };
  if (state.question) return { word: 'Waiting for your answer', tone: 'asking' };
  if (state.phase === 'thinking') return { word: 'Thinking', tone: 'thinking' };
  if (state.handsFree) return { word: 'Listening', tone: 'listening' };
  return { word: 'Ready', tone: 'idle' };
}

/** What one can do about it. */
export function hint(state) {
  if (state.connection === 'loading') return loading(state.models);
  if (state.connection === 'lost') return '';
  if (state.connection !== 'open') return 'One moment';
  if (state.holding) return 'Let go when you have finished';
  if (state.question) return state.handsFree ? 'Say yes or no' : 'Hold and say yes or no';
  if (state.playing) return state.handsFree ? 'Just speak to interrupt' : 'Hold to interrupt, Esc to stop';
  if (state.handsFree) return 'Just speak, or press to stop listening';
  return 'Hold to talk, here or on the space bar';
}

const PARTS = { asr: 'hearing', llm: 'thinking', tts: 'voice', vad: 'noticing speech' };

/** `{asr: {id, state, progress?}}` in words; progress is 0..1. */
export function loading(models) {
  const waiting = Object.entries(models ?? {}).filter(([, model]) => model && model.state !== 'ready');
  if (waiting.length === 0) return 'Waking up';
  const parts = waiting.map(([part, { state, progress }]) => {
    const name = PARTS[part] ?? part;
    if (state === 'failed') return `${name} failed to load; see “homepilot doctor”`;
    return typeof progress === 'number' ? `${name} ${Math.round(progress * 100)} %` : name;
  });
  return `Still to come: ${parts.join(', ')}`;
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
