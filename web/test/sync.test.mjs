// Lips and voice: mappings, and the controller against simulated jitter buffers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controller, MOST } from '../sync/controller.js';
import { Buffer, Lately, Mapping, Tied } from '../sync/measured.js';

test('a mapping holds from its RTP time on, until the next one, round the end of 32 bits', () => {
  const mapping = new Mapping(48_000);
  assert.equal(mapping.at(0), null);
  mapping.add({ rtp_time: 2 ** 32 - 48_000, captured_ms: 1_000 });
  mapping.add({ rtp_time: 48_000, captured_ms: 3_040 });
  assert.equal(mapping.at(2 ** 32 - 48_001), null);
  assert.equal(mapping.at(2 ** 32 - 24_000), 1_500);
  assert.equal(mapping.at(24_000.5), 2_500 + 0.5 / 48);
  assert.equal(mapping.at(48_000), 3_040);
  assert.equal(mapping.at(48_000 * 8), null, 'of what nobody speaks any more nothing is known');
});

test('what is said later of the same time takes back what was said', () => {
  const mapping = new Mapping(90_000, 1);
  mapping.add({ rtp_time: 90_000, captured_ms: 100 });
  mapping.add({ rtp_time: 180_000, captured_ms: 500 });
  mapping.add({ rtp_time: 90_000, captured_ms: 200 });
  assert.equal(mapping.at(180_000), 1_200);
  assert.equal(mapping.at(45_000), -300, 'a picture\'s first entry holds for the frame before, too');
  assert.equal(mapping.at(-45_000), null);
});

test('a median forgets, and of too little nothing is said', () => {
  const lately = new Lately(1_000);
  for (const [at, value] of [[0, 900], [500, 10], [600, 30], [700, 20]]) lately.add(at, value);
  assert.equal(lately.median(900), 25);
  assert.equal(lately.median(1_200), null);
  lately.add(1_200, 50);
  assert.equal(lately.median(1_300), 25);
});

test('what a buffer held is told from counters, and as little as the browser says', () => {
  const row = (delay, emitted, least) => [{ type: 'codec' }, { type: 'inbound-rtp', jitterBufferDelay: delay, jitterBufferMinimumDelay: least, jitterBufferEmittedCount: emitted }];
  const buffer = new Buffer();
  assert.deepEqual(buffer.look(row(1, 10, 0.5)), { delay: null, least: null, after: null });
  assert.deepEqual(buffer.look(row(3, 20, 1)), { delay: 200, least: 50, after: null });
  assert.deepEqual(buffer.look(row(3, 20, 1)), { delay: null, least: null, after: null });
  assert.deepEqual(buffer.look(row(3.5, 25)), { delay: 100, least: null, after: null });
  assert.deepEqual(buffer.look(row(0.1, 5)), { delay: null, least: null, after: null }, 'another stream');
  const played = (delay, count) => [{ type: 'media-playout', totalPlayoutDelay: delay, totalSamplesCount: count }];
  buffer.look(played(30, 1_000));
  assert.equal(buffer.look(played(60, 2_000)).after, 30);
});

const LOOK = 500;
const TICK = 10;

// A repeatable chance, from -1 to 1.
function chance() {
  let seed = 7;
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 31 - 1;
  };
}

/** A jitter buffer as browsers have them: its target is a floor, to which it comes at a rate of its own. */
class Plant {
  /** @param {{way: number, natural: number, grow: number, shrink: number, bias?: number}} how  ms; rates in ms a second */
  constructor(how) { Object.assign(this, { bias: 0, target: 0 }, how, { delay: how.natural, sum: 0, ticks: 0 }); }

  tick() {
    const wanted = Math.max(this.natural, this.target > 0 ? this.target + this.bias : 0);
    const [least, most] = [-this.shrink * TICK / 1_000, this.grow * TICK / 1_000];
    this.delay += Math.min(most, Math.max(least, wanted - this.delay));
    this.sum += this.delay;
    this.ticks += 1;
  }

  get lag() { return this.way + this.delay; }

  held(least) {
    const delay = this.ticks ? this.sum / this.ticks : null;
    this.sum = this.ticks = 0;
    return { delay, least: least && delay !== null ? this.natural : null };
  }
}

const sound = (how) => new Plant({ way: 30, natural: 60, grow: 80, shrink: 25, bias: 12, ...how });
const picture = (how) => new Plant({ way: 30, natural: 40, grow: 100, shrink: 100, bias: -15, ...how });

/** A listener in front of his buffers; the course of each one's true skew, looked at twice a second. */
function listener({ ear = sound(), faces, jitter = 17, least = true, controller = new Controller() }) {
  const random = chance();
  const scene = { ear, faces, controller, now: 0, silent: new Set(), blind: false, courses: Object.fromEntries(Object.keys(faces).map((id) => [id, []])), drift: 0 };
  const lately = {};
  const skewOf = (id) => scene.faces[id].lag - scene.ear.lag + scene.drift * scene.now;
  scene.pass = (seconds) => {
    for (const end = scene.now + 1_000 * seconds; scene.now < end;) {
      scene.now += TICK;
      for (const plant of [scene.ear, ...Object.values(scene.faces)]) plant.tick();
      for (const id of Object.keys(scene.faces)) {
        const way = scene.faces[id];
        if (lately[id]?.way !== way) lately[id] = { way, values: new Lately(1_000) };
        if (scene.now % 30 === 0 && !scene.silent.has(id)) lately[id].values.add(scene.now, skewOf(id) + jitter * random());
      }
      if (scene.now % LOOK === 0) look();
    }
  };
  function look() {
    const shown = Object.entries(scene.faces).map(([id, way]) => ({ id, way, skew: lately[id].values.median(scene.now), held: way.held(least) }));
    scene.controller.look(scene.now, scene.ear.held(least), shown);
    scene.ear.target = scene.controller.sound;
    for (const [id, face] of Object.entries(scene.faces)) {
      face.target = scene.controller.picture(id);
      scene.courses[id].push({ at: scene.now, skew: skewOf(id) });
    }
  }
  return scene;
}

/** How far it is off at most from then on. */
const worst = (course, from, to = Infinity) => Math.max(...course.filter(({ at }) => at >= from && at <= to).map(({ skew }) => Math.abs(skew)));

/** How often the skew leaves ±10 ms on the other side than the last time: what swings does that again and again. */
function swings(course) {
  const sides = course.map(({ skew }) => (Math.abs(skew) < 10 ? 0 : Math.sign(skew))).filter(Boolean);
  return sides.filter((side, i) => i > 0 && side !== sides[i - 1]).length;
}

for (const least of [true, false]) {
  const knowing = least ? '' : ', in a browser that does not say what its buffers would hold by themselves';

  test(`without impairment nothing is off by more than 20 ms${knowing}`, () => {
    const scene = listener({ faces: { ann: picture() }, least });
    scene.pass(30);
    assert.ok(worst(scene.courses.ann, 5_000) < 20, `${worst(scene.courses.ann, 5_000)}`);
    assert.ok(scene.ear.delay < 70, `the sound waits ${scene.ear.delay}`);
  });

  for (const [what, ear, face] of [['sound', { way: 180 }, {}], ['picture', {}, { way: 180 }]]) {
    test(`the ${what} 150 ms later by its way is made good within 8 s, without swinging${knowing}`, () => {
      const scene = listener({ ear: sound(ear), faces: { ann: picture(face) }, least });
      scene.pass(60);
      const { ann } = scene.courses;
      assert.ok(worst(ann, 8_000) < 20, `${JSON.stringify(ann.map(({ skew }) => Math.round(skew)))}`);
      assert.ok(swings(ann) <= 1, `${swings(ann)} swings`);
    });

    test(`and nobody waits any more when the ${what}'s way is short again${knowing}`, () => {
      const scene = listener({ ear: sound(ear), faces: { ann: picture(face) }, least });
      scene.pass(30);
      [scene.ear.way, scene.faces.ann.way] = [30, 30];
      scene.pass(90);
      assert.ok(worst(scene.courses.ann, 45_000) < 20, `${worst(scene.courses.ann, 45_000)}`);
      assert.ok(scene.ear.delay < 90, `the sound waits ${scene.ear.delay}`);
      assert.ok(scene.faces.ann.delay < 100, `the picture waits ${scene.faces.ann.delay}`);
    });
  }

  test(`of two talkers the slower one's picture is what all wait for, and no more than that${knowing}`, () => {
    const scene = listener({ faces: { ann: picture(), bob: picture({ way: 180 }) }, least });
    scene.pass(60);
    for (const id of ['ann', 'bob']) assert.ok(worst(scene.courses[id], 10_000) < 25, `${id} ${worst(scene.courses[id], 10_000)}`);
    assert.ok(scene.ear.lag < 180 + 40 + 25, `${scene.ear.lag}`);
  });

  test(`sound that shrinks slowly is not overshot${knowing}`, () => {
    const scene = listener({ ear: sound({ shrink: 10 }), faces: { ann: picture({ way: 280 }) }, least });
    scene.pass(30);
    scene.faces.ann.way = 130;
    scene.pass(60);
    assert.ok(Math.min(...scene.courses.ann.filter(({ at }) => at > 35_000).map(({ skew }) => skew)) > -170);
    assert.ok(worst(scene.courses.ann, 50_000) < 30, `${worst(scene.courses.ann, 50_000)}`);
    assert.ok(swings(scene.courses.ann) <= 2, `${swings(scene.courses.ann)} swings`);
  });
}

test('a sound\'s buffer that lets go at once of what it held by itself does so slowly, with the pictures', () => {
  const scene = listener({ ear: sound({ natural: 180, shrink: 150 }), faces: { ann: picture() } });
  scene.pass(20);
  scene.ear.natural = 40;
  scene.pass(60);
  assert.ok(worst(scene.courses.ann, 8_000) < 25, `${worst(scene.courses.ann, 8_000)}`);
  assert.ok(scene.ear.delay < 75, `it holds ${scene.ear.delay}`);
});

test('a picture that is very late for a moment has nobody wait for long', () => {
  const scene = listener({ faces: { ann: picture() } });
  scene.pass(10);
  scene.faces.ann.way = 530;
  scene.pass(5);
  scene.faces.ann.way = 180;
  scene.pass(30);
  const { ann } = scene.courses;
  assert.ok(Math.min(...ann.filter(({ at }) => at > 15_500).map(({ skew }) => skew)) > -160, `${JSON.stringify(ann.map(({ skew }) => Math.round(skew)))}`);
  assert.ok(worst(ann, 25_000) < 20, `${worst(ann, 25_000)}`);
});

test('a sound that comes nearer by itself leaves a picture that waits for nothing alone', () => {
  const controller = new Controller();
  const held = (delay) => ({ delay, least: 20, after: null });
  const look = (now, skew) => controller.look(now, held(Math.max(40, controller.sound)), [{ id: 'ann', way: 1, skew, held: held(130) }]);
  for (let now = 0; now < 6_000; now += LOOK) look(now, 137);
  assert.ok(controller.sound > 100);
  for (let now = 6_000; now < 12_000; now += LOOK) look(now, -29);
  assert.equal(controller.picture('ann'), 0);
});

test('30 ms of jitter in what is measured moves nothing to and fro', () => {
  const scene = listener({ faces: { ann: picture({ natural: 70 }) }, jitter: 30 });
  scene.pass(60);
  assert.ok(worst(scene.courses.ann, 8_000) < 30, `${worst(scene.courses.ann, 8_000)}`);
});

for (const ppm of [-200, 200]) {
  test(`clocks that drift by ${ppm} ppm are followed`, () => {
    const scene = listener({ faces: { ann: picture() } });
    scene.drift = ppm / 1e6;
    scene.pass(600);
    assert.ok(worst(scene.courses.ann, 10_000) < 20, `${worst(scene.courses.ann, 10_000)}`);
  });
}

test('a picture that comes by another way begins anew, and is right after 5 s', () => {
  const scene = listener({ ear: sound({ way: 80 }), faces: { ann: picture() } });
  scene.pass(20);
  scene.faces = { ann: picture({ way: 60, natural: 30 }) };
  scene.pass(20);
  assert.ok(worst(scene.courses.ann, 25_000) < 20, `${worst(scene.courses.ann, 25_000)}`);
});

test('who is silent for a moment finds all as it was; who stays silent lets go of it', () => {
  const scene = listener({ faces: { ann: picture({ way: 180 }) } });
  scene.pass(20);
  const held = scene.controller.sound;
  assert.ok(held > 100, `${held}`);
  scene.silent.add('ann');
  scene.pass(20);
  assert.equal(scene.controller.sound, held);
  scene.pass(60);
  assert.equal(scene.controller.sound, 0);
  assert.equal(scene.controller.picture('ann'), 0);
});

test('what nobody can tell is not steered, and nothing is made to wait for more than 400 ms', () => {
  const controller = new Controller();
  const held = { delay: 50, least: null };
  for (let now = 0; now < 20_000; now += LOOK) controller.look(now, held, [{ id: 'ann', way: 1, skew: null, held }]);
  assert.equal(controller.sound, 0);
  assert.equal(controller.picture('ann'), 0);
  const scene = listener({ faces: { ann: picture({ way: 2_000 }) } });
  scene.pass(60);
  assert.equal(scene.controller.sound, MOST);
});

test('a picture is tied to its publisher\'s clock by the fastest of its frames and reports, however late the others come', () => {
  const random = chance();
  const tied = new Tied();
  const [WAY, FAST, SENDING] = [120, 5_000, 8];
  assert.equal(tied.entry, null);
  for (let sent = 0; sent < 10_000; sent += 40) {
    const late = () => 15 * (1 + random());
    tied.frame({ at: sent + SENDING + WAY + late(), rtp_time: (2 ** 32 - 90_000 + 90 * sent) % 2 ** 32 });
    if (sent % 1_000 === 0) for (const _ of [1, 2]) tied.report({ at: sent + WAY + late(), sent: sent + FAST });
    if (sent === 1_960) assert.equal(tied.entry, null, 'two reports are not enough');
  }
  const { rtp_time, captured_ms } = tied.entry;
  assert.equal(rtp_time, 90 * 8_960);
  assert.ok(Math.abs(captured_ms - (9_960 + FAST)) < 6, `${captured_ms - 9_960 - FAST}`);
});
