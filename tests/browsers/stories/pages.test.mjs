// What one person meets on the page, at a desk and on a phone. Its pictures go to out/, for eyes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAreQuiet } from '../checks.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const STORY = { timeout: 120_000, skip: unable() };

test('the start page makes a conference, and its join page opens', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    await ann.open(stage.service.origin);
    await until('the start page is there', 5_000, async () => (await ann.text()).length > 0);
    for (const size of SIZES) await ann.picture('start', size);
    const { url } = await stage.service.create({ title: 'Open house' });
    await ann.open(url);
    await ann.find('textbox', 'Your name');
    await until('the title is to be read', 5_000, async () => (await ann.text()).includes('Open house'));
    for (const size of SIZES) await ann.picture('join', size);
    pagesAreQuiet([ann], stage.service.origin);
  }));

test('one without devices listens and watches', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'leo' }], async (stage, ann, leo) => {
    const { url } = await stage.service.create({ title: 'Listening' });
    await ann.enter(url);
    await leo.enter(url);
    await until('leo sees ann', 10_000, async () => (await leo.sees(ann))?.video?.frames > 1);
    await until('leo hears ann', 8_000, async () => {
      const [voice, nobody] = await leo.levels([440, 1_500]);
      return voice - nobody > 30;
    });
    await until('ann sees that leo is there', 2_000, () => ann.sees(leo));
    for (const size of SIZES) await leo.picture('conference', size);
    for (const size of SIZES) await ann.picture('conference-own', size);
    pagesAreQuiet([ann, leo], stage.service.origin);
  }));

test('who finds the conference full reads it in plain words', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }, { name: 'late', tone: 880 }], async (stage, ann, ben, late) => {
    const { url } = await stage.service.create({ title: 'Two at most', max_participants: 2 });
    await ann.enter(url);
    await ben.enter(url);
    await late.open(url);
    await late.join();
    await until('late reads that it is full', 5_000, async () => (await late.text()).includes('This conference is full.'));
    for (const size of SIZES) await late.picture('full', size);
    assert.equal((await late.report())?.me?.id ?? null, null);
    assert.equal(await ann.sees(late), undefined);
  }));
