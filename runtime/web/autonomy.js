// What may be done unasked, in words. Pure. Levels, rules and effects are the gateway's; this only reads them out.

export const LEVELS = [
  { level: 0, name: 'Read only', about: 'Looks things up without asking; changes nothing.' },
  { level: 1, name: 'Ask first', about: 'Says exactly what it would do and waits for your yes.' },
  { level: 2, name: 'By itself', about: 'Acts without asking, within the limits you set. What destroys, or is unknown, is still asked about unless you choose it here by name.' },
];

/**
 * What has to be known before a level is set for one action by its name, because it then runs unasked whatever it was
 * taken to do; empty where nothing has.
 */
export function caution(level, kind) {
  if (level === 0 && kind !== 'read') return 'This says that it only looks things up. It then runs without asking, also if it changes something.';
  if (level === 2 && kind === 'destructive') return 'It can remove something for good. With this it does so without asking.';
  if (level === 2 && kind === 'unknown') return 'Nobody said what it does. With this it does it without asking.';
  return '';
}

/** The name of a level in the choice for one action; reading only means something else there than for a whole server. */
export const choice = (level, kind) => (level !== 0 ? levelName(level) : kind === 'read' ? 'Read unasked' : 'Treat as reading');

export const CLASSES = {
  read: { name: 'reads', about: 'Looks something up and changes nothing.' },
  write: { name: 'changes', about: 'Sends, adds or changes something.' },
  destructive: { name: 'deletes', about: 'Removes something, perhaps for good.' },
  unknown: { name: 'unknown', about: 'Nobody said what it does, so it is treated as a change.' },
};

const EFFECTS = { runs: 'Runs without asking', asks: 'Asks first', refused: 'Refused' };

/** What happens, and which rule decides it, for somebody who has never heard of rules: `{effect, because, lowered}`. */
export function explain(row, personas, servers = {}) {
  return {
    effect: EFFECTS[row.effect] ?? row.effect,
    because: because(row.rule, personas, servers),
    lowered: [...(row.lowered ?? []), ...(row.effect === 'runs' || !row.reason ? [] : [row.reason])],
  };
}

/** "persona kids x slack x post = 2 (persona file)" as a sentence. What isn't recognised is shown as it is. */
export function because(rule, personas, servers = {}) {
  const named = (id) => personas.find((persona) => persona.id === id)?.name ?? id;
  const title = (server) => servers[server] ?? spaced(server);
  const over = /^ceiling (\d) of persona (\S+), over (.+)$/.exec(rule);
  if (over) return `${named(over[2])} never goes above “${levelName(over[1])}”; ${lower(because(over[3], personas, servers))}`;
  const usual = /^default of persona (\S+) = (\d)$/.exec(rule);
  if (usual) return `No rule; ${named(usual[1])} is usually at “${levelName(usual[2])}”`;
  const own = /^(?:persona (\S+) x )?(\S+)(?: x (\S+))? = (\d)( \(persona file\))?$/.exec(rule);
  if (!own) return rule;
  const [, persona, server, action, level, file] = own;
  const what = action ? `“${spaced(action)}” of ${title(server)}` : `everything of ${title(server)}`;
  const who = persona ? named(persona) : 'everybody';
  return `${file ? `${who}’s own file` : `Your rule for ${who}`} sets ${what} to “${levelName(level)}”`;
}

export const levelName = (level) => LEVELS.find((one) => one.level === Number(level))?.name ?? `level ${level}`;

/** create_task, createTask → create task */
export function spaced(name) {
  return name.replaceAll(/[_-]+/g, ' ').replaceAll(/([a-z])([A-Z])/g, '$1 $2').trim().toLowerCase();
}

export function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : '';
}

function lower(text) {
  return text.startsWith('Your ') || text.startsWith('No ') ? text[0].toLowerCase() + text.slice(1) : text;
}

/** How many of a server's capabilities run unasked, ask, or are refused: "11 actions: 3 run by themselves, 8 ask". */
export function tally(rows) {
  const count = (effect) => rows.filter((row) => row.effect === effect).length;
  const [runs, asks, refused] = [count('runs'), count('asks'), count('refused')];
  const parts = [runs && `${runs} without asking`, asks && `${asks} after a yes`, refused && `${refused} not at all`].filter(Boolean);
  return parts.join(', ');
}

/** The stored rule that is for exactly this, if there is one. `action` null is the whole server. */
export function exact(rules, { persona, tool, action }) {
  return rules.find((rule) => rule.tool === tool && (rule.persona ?? null) === persona
    && (action === null ? rule.actions.length === 0 : rule.actions.includes(action))) ?? null;
}

/** Limits of level 2 in words. */
export function limits(boundaries) {
  if (!boundaries) return '';
  const { recipients, hours, calls_per_hour: calls } = boundaries;
  return [
    recipients && `only to ${recipients.join(', ')}`,
    hours && `from ${hours.from} to ${hours.to}${hours.days ? ` on ${hours.days.join(', ')}` : ''}`,
    calls && `at most ${calls} an hour`,
  ].filter(Boolean).join('; ');
}

/** What a form's texts stand for as boundaries; null where nothing is bounded. */
export function bounded({ recipients = '', from = '', to = '', calls = '' }) {
  const made = {};
  const list = recipients.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);
  if (list.length > 0) made.recipients = list;
  if (from && to) made.hours = { from, to };
  if (calls) made.calls_per_hour = Number(calls);
  return Object.keys(made).length > 0 ? made : null;
}
