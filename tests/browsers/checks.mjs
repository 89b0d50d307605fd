// Claims about people in a conference that more than one story makes.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until.mjs';

// A voice that is there stands at least this much above one that is not.
const APART_DB = 30;
const LOUDEST_WITHIN_DB = 12;
const HEARD_WITHIN_MS = 8_000;

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
  const before = await service.videoBytes();
  await pause(watchMs);
  assert.equal(await service.videoBytes() - before, 0, 'video bytes through the server');
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
