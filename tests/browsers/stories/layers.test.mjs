// One who hides his address sends his picture to the server, in layers: everyone gets the one that fits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { layersSent } from '../connections.mjs';
import { courseOf, keepCourse, longestFreeze, now, rate } from '../course.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 180_000 };
// A browser on a busy machine leaves the largest layer out for a while; it is tried again after ten seconds, then twenty.
const WITHIN_MS = 35_000;
const FREEZE_MS = 1_000;
const WATCHED_MS = 1_000;
// The slow one tries the large layer now and then.
const SETTLED_MS = 15_000;
const LEAST_FPS = 10;

// Tiles of 780×445 pixels, and of 230×118.
const LARGE = { width: 1600, height: 1000 };
const SMALL = { width: 500, height: 400 };

const cast = [
  { name: 'ann', tone: 440 },
  { name: 'ben', tone: 660, prepare: keepCourse },
  { name: 'cleo', tone: 880, prepare: keepCourse },
];

// They only look, so nothing else is on their lines.
const viewers = [
  { name: 'ann', tone: 440 },
  { name: 'ben', prepare: keepCourse },
  { name: 'cleo', prepare: keepCourse, downKbps: 200 },
];

test('a large tile gets the large picture, a small one the small, and what nobody needs is not sent', { ...STORY, skip: unable() }, () =>
  onStage(cast, async (stage, ann, ben, cleo) => {
    const { url } = await stage.service.create({ title: 'Layers' });
    await ann.enter(url, { hide: true });
    await enterWith(ben, LARGE, url);
    await enterWith(cleo, SMALL, url);
    await seen(ann, { by: ben, times: 2, asBy: cleo });
    await sent(ann, ['h', 'l']);
    const began = now();

    await cleo.page.setViewport(LARGE);
    await seen(ann, { by: ben, times: 1, asBy: cleo });
    await sent(ann, ['h']);
    await cleo.page.setViewport(SMALL);
    await seen(ann, { by: ben, times: 2, asBy: cleo });
    await sent(ann, ['h', 'l']);
    for (const viewer of [ben, cleo]) await neverStoodStill(viewer, ann, began);

    await ben.leave();
    await sent(ann, ['l']);
    await neverStoodStill(cleo, ann, began);
  }));

test('one with a slow line gets the small picture, and the other keeps the large one', { ...STORY, skip: unable() }, () =>
  onStage(viewers, async (stage, ann, ben, cleo) => {
    const { url } = await stage.service.create({ title: 'Slow' });
    await ann.enter(url, { hide: true });
    await enterWith(ben, LARGE, url);
    await enterWith(cleo, LARGE, url);
    await seen(ann, { by: ben, times: 2, asBy: cleo });
    await sent(ann, ['h', 'l']);
    const began = now();
    await pause(SETTLED_MS);
    await neverStoodStill(ben, ann, began);
    const { pictures } = await courseOf(cleo.page);
    const fps = rate(pictures.ann, began, now());
    console.log(`cleo saw ${fps.toFixed(1)} frames a second, still for ${Math.round(longestFreeze(pictures.ann, began, now()))} ms at most`);
    assert.ok(fps >= LEAST_FPS, `cleo saw ${fps} frames a second`);
  }));

async function enterWith(person, viewport, url) {
  await person.open(url);
  await person.page.setViewport(viewport);
  await person.join();
}

/**
 * Until one sees the publisher by the server, so many times as wide as another does. How wide a browser makes its largest
 * layer is its own decision, by its processor and what its line carries.
 */
function seen(publisher, { by, times, asBy }) {
  return until(`${by.name} sees ${publisher.name} ${times} times as wide as ${asBy.name}`, WITHIN_MS, async () => {
    const [one, other] = await Promise.all([by, asBy].map((viewer) => viewer.sees(publisher)));
    const widths = [one, other].map(({ path, video }) => (path === 'server' ? video.width : 0));
    if (widths[1] > 0 && widths[0] === times * widths[1]) return true;
    throw new Error(`${widths}`);
  });
}

/** Until these layers and no others are put on, and send frames. */
function sent(publisher, names) {
  return until(`${publisher.name} sends ${names} and nothing else`, WITHIN_MS, async () => {
    const before = new Map((await layersSent(publisher.page)).map(({ rid, frames }) => [rid, frames]));
    await pause(WATCHED_MS);
    const layers = await layersSent(publisher.page);
    const moving = layers.filter(({ rid, frames }) => frames > (before.get(rid) ?? 0));
    const active = layers.filter(({ active }) => active);
    if ([moving, active].every((those) => String(those.map(({ rid }) => rid).sort()) === String(names))) return true;
    throw new Error(JSON.stringify(layers));
  });
}

async function neverStoodStill(viewer, publisher, from) {
  const { pictures } = await courseOf(viewer.page);
  const freeze = longestFreeze(pictures[publisher.name], from, now());
  console.log(`${viewer.name} saw ${publisher.name} stand still for ${Math.round(freeze)} ms at most`);
  assert.ok(freeze <= FREEZE_MS, `${viewer.name} saw ${publisher.name} stand still for ${Math.round(freeze)} ms`);
}
