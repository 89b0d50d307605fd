// Three people hold a conference: the whole house, walked through in real browsers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachHearsTheOthers, hearsOnly, noPictureThroughTheServer, noticeThatLeft, pagesAreQuiet, picturesMove } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const DIRECT_WITHIN_MS = 10_000;
const SERVER_PATH_WITHIN_MS = 3_000;
const LEFT_WITHIN_MS = 2_000;
const VANISHED_WITHIN_MS = 12_000;
const STORY = { timeout: 120_000 };

const casts = {
  'three Chromiums': [
    { name: 'ann', tone: 440 },
    { name: 'ben', tone: 660 },
    { name: 'cleo', tone: 880 },
  ],
  'two Chromiums and a Firefox': [
    { name: 'ann', tone: 440 },
    { name: 'ben', tone: 660 },
    { name: 'cleo', tone: 880, firefox: true },
  ],
};

for (const [title, cast] of Object.entries(casts)) {
  const skip = unable({ firefox: cast.some(({ firefox }) => firefox) });

  test(`${title}: sound by the server, pictures between the browsers`, { ...STORY, skip }, () =>
    onStage(cast, async (stage, ann, ben, cleo) => {
      const people = [ann, ben, cleo];
      const conference = await stage.service.create({ title: 'Direct' });
      await enterInTurn(people, conference);
      await picturesMove(people, () => 'direct', DIRECT_WITHIN_MS);
      await noPictureThroughTheServer(stage.service, 3_000);
      await eachHearsTheOthers(people);
      await cleo.leave();
      await noticeThatLeft([ann, ben], cleo, LEFT_WITHIN_MS);
      await moderatorEnds(ann, [ann, ben]);
      pagesAreQuiet(people, stage.service.origin);
    }));

  test(`${title}: who reaches nobody but the server is seen all the same`, { ...STORY, skip }, () =>
    onStage(cast, async (stage, ann, ben, cleo) => {
      const people = [ann, ben, cleo];
      const conference = await stage.service.create({ title: 'Blocked' });
      await enterInTurn([ann, ben], conference);
      await picturesMove([ann, ben], () => 'direct', DIRECT_WITHIN_MS);
      await stage.block(cleo);
      const pressed = await cleo.enter(conference.url);
      const left = SERVER_PATH_WITHIN_MS - (performance.now() - pressed);
      await picturesMove(people, (one, other) => ([one, other].includes(cleo) ? 'server' : 'direct'), left);
      await eachHearsTheOthers(people);
      pagesAreQuiet(people, stage.service.origin, { blocked: true });
    }));
}

test('whose cable is pulled is gone, once two pings and six seconds of packets are missed', { ...STORY, skip: unable() }, () =>
  onStage(casts['three Chromiums'].slice(0, 2), async (stage, ann, ben) => {
    const conference = await stage.service.create({ title: 'Unplugged' });
    await enterInTurn([ann, ben], conference);
    await picturesMove([ann, ben], () => 'direct', DIRECT_WITHIN_MS);
    stage.unplug(ben);
    await noticeThatLeft([ann], ben, VANISHED_WITHIN_MS);
    pagesAreQuiet([ann], stage.service.origin);
  }));

test('a listener hears and sees, and is neither heard nor seen', { ...STORY, skip: unable() }, () =>
  onStage(casts['three Chromiums'], async (stage, ann, ben, cleo) => {
    const conference = await stage.service.create({ title: 'Lecture' });
    await enterInTurn([ann, ben], conference);
    await cleo.enter(`${conference.url}#t=${await stage.service.token(conference, 'listener')}`);
    await until('the listener sees the others', DIRECT_WITHIN_MS, async () =>
      (await cleo.report()).participants.every(({ video }) => video.frames > 5));
    await hearsOnly(cleo, [ann, ben], []);
    await hearsOnly(ann, [ben], [cleo]);
    const { path, video } = await ann.sees(cleo);
    assert.deepEqual([path, video.frames], ['none', 0]);
    pagesAreQuiet([ann, ben, cleo], stage.service.origin);
  }));

async function moderatorEnds(moderator, people) {
  await moderator.choose('End for all');
  await Promise.all(people.map((person) =>
    until(`${person.name} reads that it is over`, 3_000, async () => (await person.text()).includes('The moderator ended the conference.'))));
}
