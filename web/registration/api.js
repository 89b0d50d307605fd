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
 * @returns {Promise<ConferenceCreated>}
 */
export const create = (wishes) => ask('POST', BASE, wishes);

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function ask(method, path, body) {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer);
  return answer;
}
