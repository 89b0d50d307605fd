// QR codes: the standard's own examples, and a decoder of somebody else's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import decodeQR from 'qr/decode.js';
import { correction, encode } from '../qr.js';

test('error correction is that of the example in ISO/IEC 18004, annex I', () => {
  const data = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
  const words = [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55];
  assert.deepEqual(correction(data, 10), words);
});

test('texts of every length are read again by another program', () => {
  for (const length of [1, 14, 15, 62, 63, 106, 107, 122, 123, 180, 181, 213, 214, 287, 288, 331, 332, 450, 504, 505, 666]) {
    const text = 'https://meet.example.org/c/ü'.padEnd(length - 1, 'abcdefghi').slice(0, length - (length > 27 ? 1 : 0));
    assert.equal(read(encode(text)), text, `${length} bytes`);
  }
});

test('version 7 says so itself, in the bits of the example in annex D', () => {
  const code = encode('x'.repeat(120));
  assert.equal(code.length, 45);
  const bits = Array.from({ length: 18 }, (_, i) => Number(code[Math.floor(i / 3)][34 + i % 3])).reverse().join('');
  assert.equal(bits, '000111110010010100');
});

test('a stain of six modules does no harm', () => {
  const text = 'https://meet.example.org/c/abcdefghijklmnop';
  const code = encode(text);
  for (let i = 12; i < 18; i += 1) code[15][i] = !code[15][i];
  assert.equal(read(code), text);
});

test('what is too long is refused', () => {
  assert.throws(() => encode('x'.repeat(667)), RangeError);
});

/** What a camera sees: black on white, four modules of white around it, some pixels for each module. */
function read(code) {
  const scale = 4;
  const side = (code.length + 8) * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) {
    const dark = code[Math.floor(y / scale) - 4]?.[Math.floor(x / scale) - 4];
    if (dark) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
  }
  return decodeQR({ width: side, height: side, data });
}
