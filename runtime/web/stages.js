// How long each stage of a turn took, read off the protocol's events. Pure: the time (ms, of any clock that only rises)
// is an argument. What is measured is what a person waits for at this page, the network and the browser included.
//
// Invariants: a turn's moments never go back; a stage without its two moments is left out, never guessed.

/** @typedef {{ended?: number, words?: number, reply?: number, sound?: number, asked?: number, answered?: number, done?: number}} Moments */

export const initial = Object.freeze({ turn: null, items: {}, approvals: {} });

/** Turns that are kept. */
const MOST = 200;

/** @returns the next account: which item or approval belongs to which turn's moments */
export function clock(account, event, now) {
  switch (event.type) {
    case 'typed':
    case 'committed': // the button went up
      return { ...account, turn: { ended: now } };
    case 'input_audio_buffer.speech_stopped': // told when the pause was long enough; the speech ended `behind` ms before
      return event.item_id ? { ...account, turn: { ended: now - (event.behind ?? 0) } } : account;
    case 'conversation.item.input_audio_transcription.completed':
      return keep(moment(account, 'words', now), 'items', event.item_id);
    case 'response.output_audio_transcript.delta':
    case 'response.output_text.delta':
      return keep(moment(account, 'reply', now), 'items', event.item_id);
    case 'response.output_audio.delta':
      return keep(moment(account, 'sound', now), 'items', event.item_id);
    case 'homepilot.question_due':
      return asked(account, event.approval_id, 'asked', now);
    case 'homepilot.question':
      return keep(account, 'approvals', event.approval_id);
    case 'homepilot.question_closed':
      return asked(account, event.approval_id, 'answered', now);
    case 'homepilot.outcome':
      return asked(account, event.approval_id, 'done', now);
    default:
      return account;
  }
}

/** The first moment of its kind holds. */
function moment(account, name, now) {
  if (!account.turn || account.turn[name] !== undefined) return account;
  return { ...account, turn: { ...account.turn, [name]: now } };
}

/** A question goes on while its spoken answer is a turn of its own. */
function asked(account, id, name, now) {
  const known = account.approvals[id];
  if (!known || known[name] !== undefined) return account;
  return { ...account, approvals: { ...account.approvals, [id]: { ...known, [name]: now } } };
}

function keep(account, where, id) {
  if (!account.turn || !id) return account;
  const known = Object.entries({ ...account[where], [id]: account.turn });
  return { ...account, [where]: Object.fromEntries(known.slice(-MOST)) };
}

const STAGES = [
  ['understood', 'ended', 'words'],
  ['first word', 'ended', 'reply'],
  ['first sound', 'ended', 'sound'],
  ['your answer', 'asked', 'answered'],
  ['done', 'answered', 'done'],
];

/** `[{name, ms}]` of the stages whose two moments are known. */
export function stages(moments) {
  return STAGES.flatMap(([name, from, to]) => {
    const ms = (moments?.[to] ?? NaN) - (moments?.[from] ?? NaN);
    return ms >= 0 ? [{ name, ms: Math.round(ms) }] : [];
  });
}

/** "understood 0.4 s · first word 1.2 s" */
export const inWords = (list) => list.map(({ name, ms }) => `${name} ${duration(ms)}`).join(' · ');

/** 7 ms, 0.42 s, 12 s, 3 min */
export function duration(ms) {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
