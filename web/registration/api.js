// The REST API, as far as the page needs it. Knows no DOM.

/** @typedef {import('../protocol.d.ts').ApiError} ApiError */
/** @typedef {import('../protocol.d.ts').ConferenceSummary} ConferenceSummary */
/** @typedef {import('../protocol.d.ts').ConferenceCreated} ConferenceCreated */
/** @typedef {import('../protocol.d.ts').CreateConference} CreateConference */

const BASE = '/api/v1/conferences';

/** A refusal by the service, or its silence. */
export class Refused extends Error {
  /** @param {ApiError} error */
  constructor(error) {
    super(error.message);
    this.code = error.code;
  }
}

/** @returns {Promise<ConferenceSummary[]>} */
export const list = () => ask('GET', BASE);

/**
 * @param {string} id
 * @returns {Promise<ConferenceSummary>}
 */
export const look = (id) => ask('GET', `${BASE}/${encodeURIComponent(id)}`);

/**
 * @param {CreateConference} wishes
 * @param {string} [token]  the operator's, where he asks for one
 * @returns {Promise<ConferenceCreated>}
 */
export const create = (wishes, token) => ask('POST', BASE, wishes, token);

/**
 * The sites that may show the page in a frame.
 * @returns {Promise<import('../protocol.d.ts').Embedding>}
 */
export const embedding = () => ask('GET', '/api/v1/embedding');

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [token]
 */
async function ask(method, path, body, token) {
  const headers = new Headers();
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (token) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer);
  return answer;
}
