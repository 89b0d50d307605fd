import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Sizes } from '../view/sizes.js';

/** Tiles whose size changes when one says so. */
function tiles() {
  /** @type {(entries: {target: object}[]) => void} */ let changed = () => {};
  Object.assign(globalThis, {
    devicePixelRatio: 2,
    ResizeObserver: class {
      constructor(/** @type {typeof changed} */ callback) { changed = callback; }
      observe() {}
      unobserve() {}
    },
  });
  return {
    tile: () => /** @type {any} */ ({ clientWidth: 0, clientHeight: 0 }),
    resize(/** @type {any} */ tile, /** @type {number} */ clientWidth, /** @type {number} */ clientHeight) {
      Object.assign(tile, { clientWidth, clientHeight });
      changed([{ target: tile }]);
    },
  };
}

const camera = (/** @type {string} */ publisher) => ({ publisher, source: /** @type {const} */ ('camera') });

test('the first size is told at once, later ones at most every 300 ms, and the last of them', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { tile, resize } = tiles();
  /** @type {import('../view/sizes.js').Shown[][]} */ const told = [];
  const sizes = new Sizes((those) => told.push(those));
  const [ann, ben] = [tile(), tile()];
  sizes.watch(camera('ann'), ann);
  sizes.watch(camera('ben'), ben);
  resize(ann, 160, 90);
  assert.deepEqual(told, [[{ ...camera('ann'), width: 320, height: 180 }]], 'in the pixels of the device');
  resize(ann, 200, 100);
  resize(ben, 10, 10);
  resize(ann, 320, 180);
  mock.timers.tick(299);
  assert.equal(told.length, 1);
  mock.timers.tick(1);
  assert.deepEqual(told[1], [{ ...camera('ann'), width: 640, height: 360 }, { ...camera('ben'), width: 20, height: 20 }]);
  resize(ben, 30, 30);
  sizes.forget(ben);
  mock.timers.tick(1_000);
  assert.equal(told.length, 2, 'of a tile that is gone nothing is told');
  mock.timers.reset();
});
