// The audit's rows as calls: what was asked, who decided, whether it was sent, what came back, and when. Pure.

/** How the audit says that a question was answered with other arguments, which were asked about by themselves. */
const CHANGED = 'was changed before it was answered';

/** A summary without the names that stand over it. */
const said = (summary) => /^\S+: \S+ of \S+ (.+)$/.exec(summary)?.[1] ?? summary;

/**
 * Rows of `GET /v1/agentic/audit?every_step=true`, newest first, as calls, newest first.
 * `steps` are in the order they happened, each with the milliseconds since the one before.
 */
export function calls(rows) {
  const known = new Map();
  for (const row of rows) {
    if (!known.has(row.id)) known.set(row.id, []);
    known.get(row.id).unshift(row);
  }
  return [...known.values()].map((steps) => {
    const last = steps.at(-1);
    return {
      id: last.id,
      at: steps[0].at,
      persona: last.persona,
      server: last.server,
      tool: last.tool,
      class: last.class,
      rule: last.rule,
      decision: last.decision,
      decidedBy: last.decided_by,
      state: last.state,
      said: said(last.summary),
      changed: last.state === 'denied' && last.summary.endsWith(CHANGED),
      steps: steps.map((step, index) => ({
        state: step.state,
        at: step.at,
        ms: index > 0 ? Math.max(0, Date.parse(step.at) - Date.parse(steps[index - 1].at)) : null,
      })),
    };
  });
}

const STATES = {
  denied: 'Not done',
  expired: 'Not done',
  approved: 'Allowed',
  dispatching: 'Under way',
  succeeded: 'Done',
  failed: 'Didn’t work',
  unknown: 'Not certain',
};

/** A step, for somebody who reads what happened to one call. */
export const STEPS = {
  denied: 'Refused',
  expired: 'Time ran out',
  approved: 'Allowed',
  dispatching: 'Sent',
  succeeded: 'Came back: done',
  failed: 'Came back: failed',
  unknown: 'Nothing came back',
};

const BY = {
  voice: 'you, aloud',
  screen: 'you, on this page',
  api: 'you, on a page or through the API',
  mcp: 'the program that called',
  policy: 'a rule',
  timeout: 'nobody in time',
  disconnect: 'nobody: the connection was lost',
};

/** How far it came, in a word. */
export const outcome = ({ state, changed }) => (changed ? 'Changed' : (STATES[state] ?? state));

/** Who said yes or no. */
export function decided({ decision, decidedBy, state, changed }) {
  if (changed) return 'You changed it, and were asked about that instead';
  const who = BY[decidedBy] ?? decidedBy;
  if (decidedBy === 'timeout') return 'Nobody answered in time';
  if (decidedBy === 'disconnect') return 'The connection was lost before an answer';
  if (state === 'denied' || decision === 'denied') return decidedBy === 'policy' ? 'Refused by a rule' : `No by ${who}`;
  return decidedBy === 'policy' ? 'Allowed by a rule' : `Yes by ${who}`;
}

/** The calls of each day, newest first: `[{day, calls}]`. */
export function byDay(list, now, locale) {
  const days = [];
  for (const one of list) {
    const day = dayName(new Date(one.at), now, locale);
    if (days.at(-1)?.day === day) days.at(-1).calls.push(one);
    else days.push({ day, calls: [one] });
  }
  return days;
}

function dayName(at, now, locale) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (at.toDateString() === now.toDateString()) return 'Today';
  if (at.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric' }).format(at);
}
