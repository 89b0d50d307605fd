// Times as the reader says them: in his language, by his clock.

import { language } from '../i18n.js';

/** His own kind of the page's language, such as en-GB, else the language as it is. */
const tag = [...(globalThis.navigator?.languages ?? [])].find((wanted) => wanted.split('-')[0] === language) ?? language;

/**
 * A day and a time.
 * @param {number} seconds  since 1970
 */
export function dayAndTime(seconds) {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'short' }).format(seconds * 1_000);
}

/**
 * A time of day; of another day with its date.
 * @param {number} ms  since 1970
 */
export function time(ms) {
  const today = new Date(ms).toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(tag, { ...(today ? {} : { dateStyle: 'short' }), timeStyle: 'short' }).format(ms);
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} in seconds, and the shortest last */
const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60]];

/**
 * How far that is from now, as one says it: “in 5 minutes”.
 * @param {number} seconds  since 1970
 * @param {number} [now]  in milliseconds since 1970
 */
export function fromNow(seconds, now = Date.now()) {
  const left = seconds - now / 1_000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(left) >= size) ?? ['minute', 60];
  return new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }).format(Math.round(left / size), unit);
}
