// The HTTP API of the server this page came from. A refusal is an ApiProblem whose message says what to do.
import { failure } from './words.js';

export class ApiProblem extends Error {
  /** @param {number} status 0 where nobody answered */
  constructor(status, error) {
    super(failure(error));
    this.status = status;
    this.code = error?.code ?? 'failed';
  }
}

const GONE = { code: 'unreachable', message: 'HomePilot does not answer. Is it still running? Start it with “homepilot serve”, then try again' };

/** @returns the answer's JSON, null where there is none */
export async function call(method, path, body) {
  const init = { method, headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers['content-type'] = 'application/json';
  }
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new ApiProblem(0, GONE);
  }
  const text = await answer.text();
  const json = parse(text);
  if (!answer.ok) throw new ApiProblem(answer.status, json?.error ?? { message: `${path} answered ${answer.status}` });
  return json;
}

export const get = (path) => call('GET', path);

/** A path with the given parts, each taken as it is; a query's null values are left out. */
export function path(parts, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  const tail = asked.size > 0 ? `?${asked}` : '';
  return `/v1/${parts.map((part) => encodeURIComponent(part)).join('/')}${tail}`;
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
