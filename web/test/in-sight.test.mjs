import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { InSight } from '../view/in-sight.js';

/** A room in which tiles are where one says. */
function room() {
  /** @type {(entries: object[]) => void} */ let moved = () => {};
  Object.assign(globalThis, {
    IntersectionObserver: class {
      constructor(/** @type {typeof moved} */ callback) { moved = callback; }
      observe() {}
      unobserve() {}
    },
  });
  /** @type {string[][]} */ const told = [];
  const sight = new InSight(/** @type {any} */ ({}), (pictures) => told.push(pictures.map(({ publisher }) => publisher)));
  const tile = (/** @type {string} */ publisher, /** @type {'camera' | 'screen'} */ source = 'camera') => {
    const target = /** @type {any} */ ({});
    sight.watch({ publisher, source }, target);
    return target;
  };
  const move = (/** @type {object} */ target, /** @type {boolean} */ isIntersecting, width = 100) =>
    moved([{ target, isIntersecting, boundingClientRect: { width } }]);
  return { sight, told, tile, move };
}

test('what is away for two seconds is not wanted, until it is back', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { told, tile, move } = room();
  const [ann, ben] = [tile('ann'), tile('ben')];
  move(ann, true);
  move(ben, false);
  mock.timers.tick(1_999);
  assert.deepEqual(told, [], 'who scrolls past comes back');
  mock.timers.tick(1);
  move(ben, true);
  assert.deepEqual(told, [['ann'], ['ann', 'ben']]);
  move(ann, false);
  move(ann, true);
  mock.timers.tick(5_000);
  assert.equal(told.length, 2);
  mock.timers.reset();
});

test('a tile that is not shown at all is not away, and who comes later is wanted', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { sight, told, tile, move } = room();
  const [ann, ben] = [tile('ann'), tile('ben')];
  move(ann, false, 0);
  mock.timers.tick(5_000);
  assert.deepEqual(told, []);
  move(ben, false);
  mock.timers.tick(2_000);
  tile('cid');
  assert.deepEqual(told, [['ann'], ['ann', 'cid']]);
  move(ann, false);
  sight.forget(ann);
  mock.timers.tick(5_000);
  assert.equal(told.length, 2, 'who has left is told of no more');
  mock.timers.reset();
});

test('a picture in another window is wanted wherever its tile is', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { sight, told, tile, move } = room();
  const [ann, ben] = [tile('ann'), tile('ben')];
  sight.keep(ann);
  move(ann, false);
  move(ben, true);
  mock.timers.tick(2_000);
  assert.deepEqual(told, [['ann', 'ben']]);
  sight.keep(null);
  assert.deepEqual(told.at(-1), ['ben']);
  sight.keep(ann);
  assert.deepEqual(told.at(-1), ['ann', 'ben']);
  mock.timers.reset();
});

test('whoever hides cameras sees screens, and all again afterwards', () => {
  const { sight, told, tile } = room();
  tile('ann');
  tile('ben', 'screen');
  sight.seeCameras(false);
  tile('cid');
  sight.seeCameras(true);
  assert.deepEqual(told, [['ben'], ['ben'], ['ann', 'ben', 'cid']]);
});
