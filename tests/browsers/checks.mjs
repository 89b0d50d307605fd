// Claims about people in a conference that more than one story makes.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until.mjs';

// A voice that is there stands at least this much above one that is not.
const APART_DB = 30;
const LOUDEST_WITHIN_DB = 12;
const HEARD_WITHIN_MS = 8_000;
// Sound that has been there for so long without a gap is there again; what was interrupted is gone by then, since
// neither jitter buffers nor the concealment of losses hold out for so long.
const STEADY_MS = 700;
const BUFFERED_MS = 500;
const QUIET_MS = 500;

/**
 * Each hears all others about equally loud, and not himself.
 * @param {import('./person.mjs').Person[]} people
 */
export async function eachHearsTheOthers(people) {
  for (const person of people) {
    await until(`${person.name} hears the others and not himself`, HEARD_WITHIN_MS, () => hears(person, people));
  }
}

/**
 * One hears these, and nothing of those.
 * @param {import('./person.mjs').Person} person
 * @param {import('./person.mjs').Person[]} heard
 * @param {import('./person.mjs').Person[]} unheard
 */
export async function hearsOnly(person, heard, unheard) {
  await until(`${person.name} hears only ${heard.map(({ name }) => name)}`, HEARD_WITHIN_MS, async () => {
    const loud = await person.levels(heard.map(({ tone }) => tone));
    const quiet = await person.levels([person, ...unheard].map(({ tone }) => tone));
    assert(Math.min(...loud) - Math.max(...quiet) > APART_DB, `heard ${loud}, not to be heard ${quiet}`);
    return true;
  });
}

/**
 * Something interrupts the sound between two, and they hear each other again in time.
 * @param {import('./person.mjs').Person[]} two
 * @param {number} withinMs  from the beginning of `interrupt`
 * @param {() => unknown} interrupt
 * @returns {Promise<string>}  how long each heard nothing
 */
export async function hearEachOtherAgain([one, other], withinMs, interrupt) {
  const ears = [[one, other], [other, one]];
  for (const [ear, voice] of ears) await ear.follow(voice);
  const began = performance.now();
  await interrupt();
  const interrupted = performance.now();
  const left = began + withinMs + STEADY_MS - interrupted;
  await until(`${one.name} and ${other.name} hear each other again`, left, async () => {
    const steady = await Promise.all(ears.map(async ([ear]) => (await ear.followed()).steadyMs));
    assert(Math.min(...steady) > STEADY_MS, `heard for ${steady.map(Math.round)} ms`);
    return performance.now() - interrupted > STEADY_MS + BUFFERED_MS;
  });
  const gaps = await Promise.all(ears.map(async ([ear, voice]) => {
    const { silenceMs } = await ear.followed();
    return `${ear.name} did not hear ${voice.name} for ${Math.round(silenceMs)} ms`;
  }));
  return gaps.join(', ');
}

/**
 * @param {import('./person.mjs').Person[]} people
 * @param {import('./person.mjs').Person} gone
 * @param {number} withinMs
 */
export async function noticeThatLeft(people, gone, withinMs) {
  await Promise.all(people.map((person) =>
    until(`${person.name} notices that ${gone.name} left`, withinMs, async () => !(await person.sees(gone)))));
}

async function hears(person, people) {
  const all = await person.levels(people.map(({ tone }) => tone));
  const others = all.filter((_, i) => people[i] !== person);
  const own = all[people.indexOf(person)];
  const heard = people.map(({ name }, i) => `${name} ${all[i].toFixed(1)} dB`).join(', ');
  assert(Math.max(...others) - Math.min(...others) < LOUDEST_WITHIN_DB, `not alike: ${heard}`);
  assert(Math.min(...others) - own > APART_DB, `not apart: ${heard}`);
  return true;
}

/**
 * Every picture of the people moves at every other's page by the path that `expected` names.
 * @param {import('./person.mjs').Person[]} people
 * @param {(one: import('./person.mjs').Person, other: import('./person.mjs').Person) => string} expected
 * @param {number} withinMs
 */
export async function picturesMove(people, expected, withinMs) {
  const pairs = people.flatMap((one) => people.filter((other) => other !== one).map((other) => [one, other]));
  await Promise.all(pairs.map(([one, other]) => {
    const path = expected(one, other);
    return until(`${one.name} sees ${other.name} move by the ${path} path`, withinMs, watch(one, other, path));
  }));
}

// Frames count from the moment the picture takes that path: those of an earlier path prove nothing.
function watch(one, other, path) {
  let first;
  return async () => {
    const seen = await one.sees(other);
    const { frames, width } = seen?.video ?? { frames: 0, width: 0 };
    first = seen?.path === path ? (first ?? frames) : undefined;
    assert(frames > first && width > 0, `path ${seen?.path}, ${frames} frames, width ${width}`);
    return true;
  };
}

/**
 * No byte of any picture comes to the server while one watches.
 * @param {{videoBytes: () => Promise<number>}} service
 * @param {number} watchMs
 */
export async function noPictureThroughTheServer(service, watchMs) {
  assert.equal(await videoBytesThroughTheServer(service, watchMs), 0, 'video bytes through the server');
}

/**
 * How many bytes of pictures come to the server while one watches, once those of earlier paths are through.
 * @param {{videoBytes: () => Promise<number>}} service
 * @param {number} watchMs
 */
export async function videoBytesThroughTheServer(service, watchMs) {
  await quiet(service).catch(() => {}); // pictures go by the server all the time
  const before = await service.videoBytes();
  await pause(watchMs);
  return await service.videoBytes() - before;
}

// A publisher stops sending to the server a moment after the last subscriber has changed over.
async function quiet(service) {
  let [bytes, since] = [undefined, 0];
  await until('the last of an earlier path is through', 3_000, async () => {
    const now = await service.videoBytes();
    if (now !== bytes) [bytes, since] = [now, performance.now()];
    return performance.now() - since > QUIET_MS;
  });
}

// What Firefox itself says of a pair that finds no way; a page cannot keep it from saying so.
const NO_WAY = /^Error: WebRTC: ICE failed/;

/**
 * Nobody's page complained or asked anyone but the service.
 * @param {import('./person.mjs').Person[]} people
 * @param {string} origin
 * @param {{blocked?: boolean}} how  whether some pairs were kept from finding a way
 */
export function pagesAreQuiet(people, origin, { blocked = false } = {}) {
  for (const person of people) {
    const complaints = person.complaints.filter((complaint) => !(blocked && NO_WAY.test(complaint)));
    assert.deepEqual(complaints, [], `${person.name}'s console`);
    assert.deepEqual([...person.origins], [origin], `whom ${person.name}'s page asked`);
  }
}
