// The course of pictures on a page: when each of the others' pictures got another frame or another path. An instrument
// that is in the page before its own scripts run, and what its record says.
//
// Times are milliseconds since 1970, so that those of several pages can be compared; `now` gives them here.

const LOOK_EVERY_MS = 50;
// Long enough to show how pictures go on this machine, and too short for what was done to them before to be in it.
const BEFORE_MS = 3_000;

/**
 * @typedef {{at: number, frames: number, path: string, relay: string | null}} Moment  from then on it was so
 * @typedef {{pressed: number | null, pictures: Record<string, Moment[]>}} Course  by the names of the others;
 *   `pressed`: when Join was
 */

export const now = () => performance.timeOrigin + performance.now();

/** @param {import('puppeteer-core').Page} page */
export function keepCourse(page) {
  return page.evaluateOnNewDocument(keep, LOOK_EVERY_MS);
}

/**
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<Course>}
 */
export function courseOf(page) {
  return page.evaluate(() => keptCourse);
}

/**
 * How each picture stands at this moment, and whether it has got a frame since it is on its path.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<Record<string, {path: string, relay: string | null, moves: boolean}>>}
 */
export async function picturesOf(page) {
  const { pictures } = await courseOf(page);
  return Object.fromEntries(Object.entries(pictures).map(([name, moments]) => [name, movesOnItsWay(moments)]));
}

/**
 * How a picture stands, and whether it has got a frame since it is on its path.
 * @param {Moment[]} moments
 */
export function movesOnItsWay(moments) {
  const { path, relay, frames } = moments.at(-1);
  const sameWay = (moment) => moment.path === path && moment.relay === relay;
  const begun = moments[moments.findLastIndex((moment) => !sameWay(moment)) + 1];
  return { path, relay, moves: frames > begun.frames };
}

function keep(everyMs) {
  const now = () => performance.timeOrigin + performance.now();
  const course = { pressed: null, pictures: {} };
  Object.defineProperty(globalThis, 'keptCourse', { value: course });
  addEventListener('submit', () => { course.pressed ??= now(); }, { capture: true });
  setInterval(() => {
    for (const seen of globalThis.convene?.report()?.participants ?? []) look(seen);
  }, everyMs);

  function look({ name, path, relay, video: { frames } }) {
    const moments = course.pictures[name] ??= [];
    const moment = { at: now(), frames, path, relay: relay?.name ?? null };
    const last = moments.at(-1);
    if (last?.frames !== frames || last.path !== path || last.relay !== moment.relay) moments.push(moment);
  }
}

/**
 * How long the picture stood still at most, between the last frame before `from` and `to`.
 * @param {Moment[]} moments
 * @param {number} from
 * @param {number} to
 */
export function longestFreeze(moments, from, to) {
  const frames = moments.filter(({ frames }, i) => frames > (moments[i - 1]?.frames ?? 0)).map(({ at }) => at);
  const before = frames.findLast((at) => at <= from) ?? from;
  const times = [before, ...frames.filter((at) => at > from && at <= to), to];
  return Math.max(...times.slice(1).map((at, i) => at - times[i]));
}

/**
 * How long the picture stood still at most between `from` and `to`, and in the time just before `from`, as far as it
 * was there: in whole milliseconds.
 * @param {Moment[]} moments
 * @param {number} from
 * @param {number} to
 */
export function stillBeforeAndAfter(moments, from, to) {
  const there = firstFrame(moments) ?? from;
  const before = longestFreeze(moments, Math.min(from, Math.max(there, from - BEFORE_MS)), from);
  return { before: Math.round(before), after: Math.round(longestFreeze(moments, from, to)) };
}

/**
 * Frames a second.
 * @param {Moment[]} moments
 * @param {number} from
 * @param {number} to
 */
export function rate(moments, from, to) {
  const frames = (at) => momentAt(moments, at)?.frames ?? 0;
  return (1_000 * (frames(to) - frames(from))) / (to - from);
}

/**
 * How the picture stood then; nothing when it was not there yet.
 * @param {Moment[]} moments
 * @param {number} time
 */
export function momentAt(moments, time) {
  return moments.findLast(({ at }) => at <= time);
}

/**
 * When the first frame came.
 * @param {Moment[]} moments
 * @returns {number | undefined}
 */
export function firstFrame(moments) {
  return moments.find(({ frames }) => frames > 0)?.at;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
