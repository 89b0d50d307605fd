// A text as a QR code (ISO/IEC 18004): bytes, with error correction of level M, which makes good 15 % of damage.
// Versions 1 to 20, for 666 bytes at most. Knows no DOM.

// Of level M, for each version: codewords of error correction in a block, and blocks (table 9).
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

const BYTE_MODE = 0b0100;
const PADDING = [0xec, 0x11];

/**
 * The code's modules, row by row; true is dark. The quiet zone around it, four modules wide, is not in it.
 * @param {string} text
 * @returns {boolean[][]}
 */
export function encode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, i) => headerBits(i + 1) + 8 * bytes.length <= 8 * room(i + 1)) + 1;
  if (version === 0) throw new RangeError(`too long for a QR code: ${bytes.length} bytes`);
  const plan = new Plan(version);
  plan.fill(interleave(codewords(bytes, version), version));
  return plan.masked();
}

/** @param {number} version */
const headerBits = (version) => 4 + lengthBits(version);

/** @param {number} version */
const lengthBits = (version) => (version < 10 ? 8 : 16);

/** Codewords of a version, data and correction. @param {number} version */
function capacity(version) {
  const lines = Math.floor(version / 7) + 2;
  const alignment = version > 1 ? (25 * lines - 10) * lines - 55 + (version > 6 ? 36 : 0) : 0;
  return Math.floor(((16 * version + 128) * version + 64 - alignment) / 8);
}

/** Codewords for data. @param {number} version */
const room = (version) => capacity(version) - CORRECTION[version - 1] * BLOCKS[version - 1];

/**
 * Mode, length, the bytes, and padding (7.4).
 * @param {Uint8Array} bytes
 * @param {number} version
 */
function codewords(bytes, version) {
  const binary = (/** @type {number} */ value, /** @type {number} */ width) => value.toString(2).padStart(width, '0');
  const bits = binary(BYTE_MODE, 4) + binary(bytes.length, lengthBits(version)) + [...bytes].map((byte) => binary(byte, 8)).join('');
  const end = bits + '0'.repeat(Math.min(4, 8 * room(version) - bits.length));
  const words = (end.match(/.{1,8}/g) ?? []).map((word) => parseInt(word.padEnd(8, '0'), 2));
  for (let i = 0; words.length < room(version); i += 1) words.push(PADDING[i % 2]);
  return words;
}

/**
 * Blocks with their correction, a codeword of each in turn (7.6); the last ones are longer by one.
 * @param {number[]} words
 * @param {number} version
 */
function interleave(words, version) {
  const [count, length] = [BLOCKS[version - 1], Math.floor(words.length / BLOCKS[version - 1])];
  const short = count - (words.length % count);
  const blocks = Array.from({ length: count }, (_, i) => {
    const begin = i * length + Math.max(0, i - short);
    return words.slice(begin, begin + length + (i < short ? 0 : 1));
  });
  const corrections = blocks.map((block) => correction(block, CORRECTION[version - 1]));
  return [...inTurn(blocks), ...inTurn(corrections)];
}

/** @param {number[][]} blocks */
function inTurn(blocks) {
  const longest = Math.max(...blocks.map((block) => block.length));
  const columns = Array.from({ length: longest }, (_, i) => blocks.map((block) => block[i]));
  return columns.flat().filter((word) => word !== undefined);
}

/**
 * The remainder of a division in GF(256) with the polynomial 0x11D (7.5).
 * @param {number[]} block
 * @param {number} degree
 */
export function correction(block, degree) {
  const divisor = generator(degree);
  let rest = Array(degree).fill(0);
  for (const word of block) {
    const factor = word ^ rest[0];
    rest = [...rest.slice(1), 0].map((value, i) => value ^ multiply(divisor[i], factor));
  }
  return rest;
}

/** The product of (x − 2^i), its highest coefficient left out. @param {number} degree */
function generator(degree) {
  let product = [...Array(degree - 1).fill(0), 1];
  for (let i = 0, root = 1; i < degree; i += 1, root = multiply(root, 2)) {
    product = product.map((value, j) => multiply(value, root) ^ (product[j + 1] ?? 0));
  }
  return product;
}

/**
 * @param {number} a
 * @param {number} b
 */
function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) product = (product << 1) ^ (product >> 7) * 0x11d ^ (b >> bit & 1) * a;
  return product;
}

/** The eight masks (table 10). @type {((x: number, y: number) => boolean)[]} */
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => (x * y) % 2 + (x * y) % 3 === 0,
  (x, y) => ((x * y) % 2 + (x * y) % 3) % 2 === 0,
  (x, y) => ((x + y) % 2 + (x * y) % 3) % 2 === 0,
];

/** Where what is drawn: patterns that do not depend on the text, and the text's modules between them. */
class Plan {
  #size; #version;
  /** @type {boolean[][]} */ #dark;
  /** @type {boolean[][]} */ #taken;

  /** @param {number} version */
  constructor(version) {
    this.#version = version;
    this.#size = 4 * version + 17;
    const square = () => Array.from({ length: this.#size }, () => Array(this.#size).fill(false));
    [this.#dark, this.#taken] = [square(), square()];
    this.#patterns();
  }

  /** Codewords go up and down in columns of two, from the right (7.7.3). @param {number[]} words */
  fill(words) {
    const bits = words.flatMap((word) => Array.from({ length: 8 }, (_, i) => (word >> (7 - i) & 1) === 1));
    let next = 0;
    for (let right = this.#size - 1, up = true; right > 0; right -= right === 8 ? 3 : 2, up = !up) {
      for (let i = 0; i < this.#size; i += 1) {
        const y = up ? this.#size - 1 - i : i;
        for (const x of [right, right - 1]) if (!this.#taken[y][x]) this.#dark[y][x] = bits[next++] ?? false;
      }
    }
  }

  /** With the mask that makes it easiest to read (7.8.3). */
  masked() {
    const all = MASKS.map((mask, number) => this.#with(mask, number));
    return all.reduce((best, code) => (penalty(code) < penalty(best) ? code : best));
  }

  /**
   * @param {(x: number, y: number) => boolean} mask
   * @param {number} number
   */
  #with(mask, number) {
    this.#format(number);
    return this.#dark.map((row, y) => row.map((dark, x) => dark !== (!this.#taken[y][x] && mask(x, y))));
  }

  #patterns() {
    const last = this.#size - 7;
    for (let i = 0; i < this.#size; i += 1) {
      this.#set(6, i, i % 2 === 0);
      this.#set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[0, 0], [last, 0], [0, last]]) this.#rings(x + 3, y + 3, 4, [2, 4]);
    const lines = alignment(this.#version, this.#size);
    for (const x of lines) for (const y of lines) {
      const corner = [[6, 6], [6, last], [last, 6]].some(([a, b]) => a === x && b === y);
      if (!corner) this.#rings(x, y, 2, [1]);
    }
    this.#format(0);
    this.#versionBits();
  }

  /**
   * Squares one in another around a point.
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {number[]} light  the light ones' distances from the point
   */
  #rings(x, y, radius, light) {
    for (let dy = -radius; dy <= radius; dy += 1) for (let dx = -radius; dx <= radius; dx += 1) {
      if (x + dx in this.#dark && y + dy in this.#dark) {
        this.#set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  /** Level M, which is 00, and the mask, with a code of their own, twice (7.9). @param {number} mask */
  #format(mask) {
    const bits = (mask << 10 | remainder(mask, 10, 0x537)) ^ 0x5412;
    for (let i = 0; i < 15; i += 1) {
      const dark = (bits >> i & 1) === 1;
      this.#set(8, i < 6 ? i : i < 8 ? i + 1 : this.#size - 15 + i, dark);
      this.#set(i < 8 ? this.#size - 1 - i : i < 9 ? 7 : 14 - i, 8, dark);
    }
    this.#set(8, this.#size - 8, true);
  }

  /** From version 7 on the version, twice (7.10). */
  #versionBits() {
    if (this.#version < 7) return;
    const bits = this.#version << 12 | remainder(this.#version, 12, 0x1f25);
    for (let i = 0; i < 18; i += 1) {
      const [far, near, dark] = [this.#size - 11 + i % 3, Math.floor(i / 3), (bits >> i & 1) === 1];
      this.#set(far, near, dark);
      this.#set(near, far, dark);
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {boolean} dark
   */
  #set(x, y, dark) {
    this.#dark[y][x] = dark;
    this.#taken[y][x] = true;
  }
}

/**
 * The lines on which alignment patterns stand (annex E).
 * @param {number} version
 * @param {number} size
 */
function alignment(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, i) => size - 7 - step * i).reverse()];
}

/**
 * Of a BCH code (annexes C and D).
 * @param {number} value
 * @param {number} degree
 * @param {number} divisor
 */
function remainder(value, degree, divisor) {
  let rest = value;
  for (let i = 0; i < degree; i += 1) rest = (rest << 1) ^ (rest >> (degree - 1)) * divisor;
  return rest;
}

/** How hard a code is to read: long runs, blocks, what looks like a finder pattern, too much of one colour. @param {boolean[][]} code */
function penalty(code) {
  const rows = code.map((row) => row.map(Number).join(''));
  const columns = code.map((_, x) => code.map((row) => Number(row[x])).join(''));
  const dark = rows.join('').replaceAll('0', '').length / code.length ** 2;
  const lines = [...rows, ...columns].map((line) => runs(line) + 40 * finders(line));
  return lines.reduce((sum, points) => sum + points, 0) + 3 * blocks(code) + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}

/** @param {string} line */
const runs = (line) => (line.match(/0{5,}|1{5,}/g) ?? []).reduce((sum, run) => sum + run.length - 2, 0);

/** @param {string} line */
const finders = (line) => [...line.matchAll(/(?=00001011101|10111010000)/g)].length;

/** Squares of two by two in one colour. @param {boolean[][]} code */
function blocks(code) {
  let count = 0;
  for (let y = 1; y < code.length; y += 1) for (let x = 1; x < code.length; x += 1) {
    const all = [code[y][x], code[y - 1][x], code[y][x - 1], code[y - 1][x - 1]];
    if (all.every((dark) => dark === all[0])) count += 1;
  }
  return count;
}
