// Sound is relayed instead of mixed, and the moderator changes that in mid-call.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eachHearsTheOthers, pagesAreQuiet } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const CAST = [
  { name: 'ann', tone: 440 },
  { name: 'ben', tone: 660 },
  { name: 'cleo', tone: 880 },
];
const TOLD_WITHIN_MS = 3_000;
// A syllable at four a second, of which the instrument itself hears a fifth as silence.
const SYLLABLE_MS = 250;
// The mix goes on for less than that with silence.
const TRAIL_MS = 1_500;
const WATCH_MS = 2_000;
const STORY = { timeout: 120_000, skip: unable() };

test('three Chromiums: the moderator has sound relayed, and mixed again, in mid-call', STORY, (t) =>
  onStage(CAST, async (stage, ann, ben, cleo) => {
    const people = [ann, ben, cleo];
    await enterInTurn(people, await stage.service.create({ title: 'Relayed', sound: 'relay' }));
    await eachHearsTheOthers(people);
    await onlyRelayed(stage.service);
    for (const mode of ['mix', 'relay', 'mix']) {
      for (const person of people) await person.follow(person === ann ? ben : ann);
      await ann.choose(mode === 'mix' ? 'Mix voices' : 'Send voices unmixed');
      await allKnow(people, mode);
      await eachHearsTheOthers(people);
      t.diagnostic(`to ${mode}: ${await nobodyMissedASyllable(people)}`);
      await (mode === 'mix' ? onlyMixed : onlyRelayed)(stage.service);
    }
    pagesAreQuiet(people, stage.service.origin);
  }));

test('a conference that is mixed from the beginning is relayed in mid-call', STORY, (t) =>
  onStage(CAST, async (stage, ann, ben, cleo) => {
    const people = [ann, ben, cleo];
    await enterInTurn(people, await stage.service.create({ title: 'Mixed' }));
    await eachHearsTheOthers(people);
    await onlyMixed(stage.service);
    assert.equal(await ben.page.$('#relay:not([hidden])'), null, 'others than the moderator have no such button');
    for (const person of people) await person.follow(person === ann ? ben : ann);
    await ann.choose('Send voices unmixed');
    await allKnow(people, 'relay');
    await eachHearsTheOthers(people);
    t.diagnostic(`to relay: ${await nobodyMissedASyllable(people)}`);
    await onlyRelayed(stage.service);
    pagesAreQuiet(people, stage.service.origin);
  }));

function allKnow(people, mode) {
  return Promise.all(people.map((person) =>
    until(`${person.name}'s page knows that sound is sent as ${mode}`, TOLD_WITHIN_MS, async () => (await person.report()).sound === mode)));
}

async function nobodyMissedASyllable(people) {
  const gaps = await Promise.all(people.map(async (person) => ({ name: person.name, ...(await person.followed()) })));
  for (const { name, silenceMs } of gaps) assert(silenceMs < SYLLABLE_MS, `${name} heard nothing for ${silenceMs} ms`);
  return gaps.map(({ name, silenceMs }) => `${name} heard nothing for ${Math.round(silenceMs)} ms`).join(', ');
}

// Three talkers to two listeners each: relayed, that is six streams; what is mixed is three.
async function onlyRelayed(service) {
  const { mixed, relayed } = await soundSent(service);
  assert.equal(mixed, 0, 'packets that the server encoded');
  assert(relayed > 6 * 30 * WATCH_MS / 1_000, `${relayed} packets relayed`);
}

async function onlyMixed(service) {
  const { mixed, relayed } = await soundSent(service);
  assert.equal(relayed, 0, 'packets relayed');
  assert(mixed > 3 * 30 * WATCH_MS / 1_000, `${mixed} packets of the mix`);
}

/** While one watches, once a change is through. */
async function soundSent(service) {
  await pause(TRAIL_MS);
  const before = await service.soundPackets();
  await pause(WATCH_MS);
  const after = await service.soundPackets();
  return { mixed: after.mixed - before.mixed, relayed: after.relayed - before.relayed };
}
