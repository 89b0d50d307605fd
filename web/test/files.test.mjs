// Files: SHA-256 by the standard's own and another's sums, what comes piece by piece, and what is a picture.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Assembly, Damaged, pictureType } from '../data/assembly.js';
import { Sha256 } from '../data/sha256.js';
import { octets as inWords } from '../view/files.js';

const sumOf = (octets) => createHash('sha256').update(octets).digest('hex');

/** The same numbers every time (a linear congruential generator). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function octets(length, next = numbers(length)) { return Uint8Array.from({ length }, () => next(256)); }

/** Cut at random. */
function* cut(whole, next) {
  for (let at = 0; at < whole.length;) {
    const length = 1 + next(200);
    yield whole.slice(at, at + length);
    at += length;
  }
}

test('SHA-256 of the standard’s examples', () => {
  const of = (text) => new Sha256().update(new TextEncoder().encode(text)).end();
  assert.equal(of('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(of('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'), '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1');
  assert.equal(of(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('SHA-256 of anything, however it is cut', () => {
  const next = numbers(7);
  for (const length of [...Array(200).keys(), 1_000, 65_536, 100_001]) {
    const whole = octets(length, next);
    const sum = new Sha256();
    for (const piece of cut(whole, next)) sum.update(piece);
    assert.equal(sum.end(), sumOf(whole), `${length} octets`);
  }
});

test('what was offered comes together, however it is cut', async () => {
  const next = numbers(9);
  for (const length of [1, 64, 3_000, (1 << 20) + 1]) {
    const whole = octets(length, next);
    const assembly = new Assembly({ size: length, sha256: sumOf(whole) });
    for (const piece of cut(whole, next)) {
      assert(!assembly.isWhole);
      assembly.take(piece);
    }
    assert(assembly.isWhole);
    const blob = assembly.end();
    assert.equal(blob.type, 'application/octet-stream');
    assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), whole);
  }
});

test('another file is thrown away: one octet is another, too few, too many', () => {
  const whole = octets(500);
  const file = { size: 500, sha256: sumOf(whole) };
  for (let at = 0; at < 500; at += 71) {
    const assembly = new Assembly(file);
    const spoilt = whole.slice();
    spoilt[at] ^= 1;
    assembly.take(spoilt);
    assert.throws(() => assembly.end(), Damaged);
  }
  const short = new Assembly(file);
  short.take(whole.subarray(0, 499));
  assert.throws(() => short.end(), Damaged);
  const long = new Assembly(file);
  assert.throws(() => long.take(octets(501)), Damaged);
});

test('a picture is what begins as one, whatever it is called', async () => {
  const latin = (text) => new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type: 'image/png' });
  const table = [
    ['\x89PNG\r\n\x1a\nmore', 'image/png'], ['\xff\xd8\xff\xe0', 'image/jpeg'], ['GIF89a', 'image/gif'], ['GIF88a', null],
    ['RIFF\x0a\0\n\0WEBPVP8 ', 'image/webp'], ['RIFF\0\0\0\0WAVE', null], ['\0\0\0\x1cftypavif', 'image/avif'],
    ['<svg xmlns="http://www.w3.org/2000/svg">', null], ['<!doctype html><script>', null], [' \x89PNG\r\n\x1a\n', null], ['', null],
  ];
  for (const [text, expected] of table) assert.equal(await pictureType(latin(text)), expected, JSON.stringify(text));
});

test('how large a file is, as one says it', () => {
  for (const [count, said] of [[1, '1 byte'], [66, '66 bytes'], [999, '999 bytes'], [1_000, '1 kB'], [1_540, '1.5 kB'], [20_480, '20 kB'], [1e6, '1 MB'], [25_000_000, '25 MB'], [2 ** 30, '1.1 GB']]) {
    assert.equal(inWords(count), said);
  }
});
