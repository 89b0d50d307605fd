// One shows a screen beside the camera: everyone sees it, whatever way pictures come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAreQuiet, picturesMove } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 120_000 };
const WITHIN_MS = 10_000;

const cast = (/** @type {boolean} */ firefox) => [
  { name: 'ann', tone: 440 },
  { name: 'ben', tone: 660, firefox },
  { name: 'cleo', tone: 880 },
];

for (const firefox of [false, true]) {
  const viewer = firefox ? 'a Firefox' : 'a Chromium';

  test(`${viewer} sees a screen directly, and another by the server, until it is shared no more`, { ...STORY, skip: unable({ firefox }) }, () =>
    onStage(cast(firefox), async (stage, ann, ben, cleo) => {
      const conference = await stage.service.create({ title: 'Screen' });
      await enterInTurn([ann, ben], conference);
      await picturesMove([ann, ben], () => 'direct', WITHIN_MS);
      await stage.block(cleo);
      await cleo.enter(conference.url);
      await ann.press('Share screen');
      await seesScreen(ben, ann, 'direct');
      await seesScreen(cleo, ann, 'server');
      await picturesMove([ann, ben, cleo], (one, other) => ([one, other].includes(cleo) ? 'server' : 'direct'), WITHIN_MS);
      await (await ann.find('button', 'Stop sharing')).click();
      for (const viewer of [ben, cleo]) {
        await until(`${viewer.name} sees no screen any more`, WITHIN_MS, async () => (await viewer.sees(ann)).screen === null);
      }
      pagesAreQuiet([ann, ben, cleo], stage.service.origin, { blocked: true });
    }));
}

/** A screen may stand, so one frame is enough to be seen. */
async function seesScreen(viewer, publisher, path) {
  const screen = await until(`${viewer.name} sees ${publisher.name}'s screen (${path})`, WITHIN_MS, async () => {
    const { screen } = await viewer.sees(publisher);
    return screen?.path === path && screen.video.frames > 0 && screen;
  });
  assert.ok(screen.video.width > 0 && screen.video.height > 0, JSON.stringify(screen));
}
