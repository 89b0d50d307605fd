// Music in stereo: one tone on the left and another on the right of a microphone, through two browsers and the mixer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAreQuiet } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 90_000, skip: unable() };
const HEARD_WITHIN_MS = 20_000;
const APART_DB = 15;

const ann = { name: 'ann', tone: 440, right: 880 };
const ben = { name: 'ben', tone: 660 };

test('what is on the left of a microphone is heard on the left, and what is on the right on the right', STORY, (t) =>
  onStage([ann, ben], async (stage, ann, ben) => {
    await enterInTurn([ann, ben], await stage.service.create({ title: 'Stereo' }));
    const heard = await until('ben hears ann apart', HEARD_WITHIN_MS, async () => {
      const [left, right] = [await ben.levels([440, 880], 'left'), await ben.levels([440, 880], 'right')];
      assert(left[0] - left[1] > APART_DB && right[1] - right[0] > APART_DB, `left ${left}, right ${right}`);
      return { left, right };
    });
    t.diagnostic(`440 and 880 Hz in dB: ${JSON.stringify(heard)}`);
    pagesAreQuiet([ann, ben], stage.service.origin);
  }));
