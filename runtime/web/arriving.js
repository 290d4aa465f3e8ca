// What is said about models that are still to come. Pure.

const KINDS = { vad: 'noticing speech', asr: 'hearing', tts: 'speaking', embeddings: 'finding things', llm: 'thinking' };

/** Bytes for people: "1.2 MB", "491 MB", "1.12 GB". */
export function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** How long it takes from here. */
export function left({ models, left_s: seconds }) {
  const missing = models.reduce((sum, { state, bytes, of }) => sum + (state === 'here' ? 0 : of - bytes), 0);
  const still = `${size(missing)} to come`;
  if (typeof seconds !== 'number') return still;
  if (seconds < 60) return `${still}, less than a minute`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${still}, about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `${still}, about ${Math.round(minutes / 60)} hours`;
}

/** What the one that is being fetched is for, and what follows. */
export function next({ models }) {
  const now = models.find(({ state }) => state === 'fetching');
  const then = models.find(({ state }) => state === 'waiting');
  return [
    now && `It is for ${purpose(now)}.`,
    then && `Next: ${then.title}, for ${purpose(then)}.`,
    (now ?? then) && 'Fetched once, all stay on this computer.',
  ].filter(Boolean).join(' ');
}

/** Why something could not be had, and what to do; empty if all is well. */
export function advice({ models }) {
  const failed = models.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  const reasons = [...new Set(failed.map(({ reason }) => reason))].filter(Boolean);
  const which = failed.length === 1 ? failed[0].title : `${failed.length} models`;
  return `${which} could not be fetched: ${reasons.join('; ')}.`;
}

/** When that is tried again. */
export function again({ again_s: seconds }) {
  return typeof seconds === 'number' ? `Tried again by itself in ${seconds + 1} s.` : '';
}

const purpose = ({ kind }) => KINDS[kind] ?? kind;
