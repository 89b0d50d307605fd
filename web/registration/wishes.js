// What the form for a new conference says, in the words of the API. Knows no DOM.

/** @typedef {import('../protocol.d.ts').CreateConference} CreateConference */

/**
 * @param {FormData} fields  as the form names them; a box that is not ticked is not among them
 * @returns {CreateConference}
 */
export function wishesOf(fields) {
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? '').trim();
  const starts_at = seconds(text('starts'));
  return {
    title: text('title'),
    max_participants: Number(text('max')) || null,
    listed: fields.has('listed'),
    lobby: fields.has('lobby'),
    topology: /** @type {CreateConference['topology']} */ (text('topology') || null),
    sound: /** @type {CreateConference['sound']} */ (text('sound') || 'mix'),
    ...(starts_at === null ? {} : { starts_at }),
  };
}

/**
 * Of a time by the reader's clock, as a form writes it (`2026-12-01T09:30`), the seconds since 1970.
 * @param {string} local
 */
export function seconds(local) {
  const time = new Date(local).getTime() / 1_000;
  return Number.isFinite(time) ? Math.floor(time) : null;
}

/**
 * The same the other way, to the minute.
 * @param {Date} time
 */
export function local(time) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}
