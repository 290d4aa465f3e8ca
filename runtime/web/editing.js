// Changing what a question asks about: a call's arguments as fields, and the fields as arguments again. Pure.
//
// Invariant: a field nobody touched gives back exactly what was there, whatever its type.

/**
 * @typedef {{name: string, label: string, kind: 'text'|'long'|'number'|'choice'|'switch'|'time'|'json', text: string,
 *   required: boolean, about: string, choices?: string[], was: unknown}} Field
 */

/** @returns {Field[]} those that have a value first, in the schema's order */
export function fields(schema, values) {
  const properties = schema?.properties ?? {};
  const names = [...new Set([...Object.keys(properties), ...Object.keys(values)])];
  const all = names.map((name) => field(name, properties[name] ?? {}, values[name], (schema?.required ?? []).includes(name)));
  return [...all.filter((one) => one.was !== undefined), ...all.filter((one) => one.was === undefined)];
}

function field(name, schema, value, required) {
  const kind = kindOf(schema, value);
  const label = name.replaceAll(/[_-]+/g, ' ').replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const one = { name, label, kind, text: textOf(kind, value), required, about: schema.description ?? '', was: value };
  return kind === 'choice' ? { ...one, choices: schema.enum.map(String) } : one;
}

function kindOf(schema, value) {
  const types = [schema.type ?? typeof value].flat().filter((type) => type !== 'null');
  if (Array.isArray(schema.enum) && schema.enum.every((one) => typeof one === 'string')) return 'choice';
  if (value !== undefined && value !== null && typeof value === 'object') return 'json';
  if (types.includes('string')) {
    if (WALL.test(value ?? '')) return 'time';
    return (value?.length ?? 0) > 60 || value?.includes('\n') || schema.maxLength > 1000 ? 'long' : 'text';
  }
  if (types.includes('boolean')) return 'switch';
  if (types.includes('integer') || types.includes('number')) return 'number';
  return 'json';
}

/** A moment as it is sent: the clock on the wall, then the offset, then the zone in brackets. */
const WALL = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?(\[[^\]]+\])?$/;

function textOf(kind, value) {
  if (value === undefined || value === null) return '';
  if (kind === 'time') return WALL.exec(value)[1];
  if (kind === 'json') return JSON.stringify(value, null, 1);
  return String(value);
}

/**
 * The arguments that the fields' texts stand for.
 * @param {Field[]} list
 * @param {Record<string, string>} texts what stands in each field now
 * @returns {{arguments: object, problems: Record<string, string>, changed: boolean}}
 */
export function collect(list, texts) {
  const result = {};
  const problems = {};
  let changed = false;
  for (const one of list) {
    const text = texts[one.name] ?? one.text;
    if (text === one.text) {
      if (one.was !== undefined) result[one.name] = one.was;
      continue;
    }
    changed = true;
    const { value, problem } = read(one, text);
    if (problem) problems[one.name] = problem;
    else if (value !== undefined) result[one.name] = value;
  }
  return { arguments: result, problems, changed };
}

function read(one, text) {
  if (text.trim() === '' && one.kind !== 'switch') {
    return one.required ? { problem: 'This is needed.' } : {};
  }
  switch (one.kind) {
    case 'number':
      return Number.isFinite(Number(text)) ? { value: Number(text) } : { problem: 'This has to be a number.' };
    case 'switch':
      return { value: text === 'true' };
    case 'time': {
      const [, , offset = '', zone = ''] = WALL.exec(one.was);
      // With a zone the offset follows from it, and may differ on the other day.
      return { value: `${text}:00${zone ? '' : offset}${zone}` };
    }
    case 'json':
      try {
        return { value: JSON.parse(text) };
      } catch {
        return one.was === undefined ? { value: text } : { problem: 'This has to be JSON, as it was.' };
      }
    default:
      return { value: text };
  }
}
