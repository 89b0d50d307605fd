// What the browser keeps, and by what it is known again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shelf } from '../kept.js';
import { identity } from '../registration/identity.js';

/** A storage that stays when the page is loaded again. */
function storage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, word) => kept.set(key, word),
    removeItem: (key) => kept.delete(key),
  };
}

const forbidden = () => { throw new DOMException('', 'SecurityError'); };

test('what was kept is there when the page is loaded again, until it is dropped', () => {
  const browser = storage();
  new Shelf(() => browser).put('name', 'Ann');
  assert.equal(new Shelf(() => browser).get('name'), 'Ann');
  new Shelf(() => browser).drop('name');
  assert.equal(new Shelf(() => browser).get('name'), null);
});

test('where storage is forbidden it lasts as long as the page', () => {
  const shelf = new Shelf(forbidden);
  shelf.put('name', 'Ann');
  assert.equal(shelf.get('name'), 'Ann');
  shelf.drop('name');
  assert.equal(shelf.get('name'), null);
});

test('a browser is known again, and no two are the same', () => {
  const [ann, ben] = [storage(), storage()];
  const first = identity(new Shelf(() => ann));
  assert.match(first, /^[A-Za-z0-9_-]{22,128}$/);
  assert.equal(identity(new Shelf(() => ann)), first);
  assert.notEqual(identity(new Shelf(() => ben)), first);
});

test('what the service would not take is made anew', () => {
  const browser = storage();
  browser.setItem('identity', 'too short');
  assert.match(identity(new Shelf(() => browser)), /^[A-Za-z0-9_-]{22,128}$/);
});
