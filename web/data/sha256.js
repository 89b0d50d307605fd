// SHA-256 (FIPS 180-4) of what comes piece by piece. `crypto.subtle` wants all of it at once, and is there over https only.

/** The first 32 bits of the fractional parts of the primes' roots: cube roots of 64, square roots of 8. */
const [K, H] = (() => {
  /** @type {number[]} */ const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
  const bits = (/** @type {number} */ root) => ((root % 1) * 2 ** 32) | 0;
  return [Int32Array.from(primes, (prime) => bits(prime ** (1 / 3))), primes.slice(0, 8).map((prime) => bits(prime ** (1 / 2)))];
})();

export class Sha256 {
  #state = Int32Array.from(H);
  #words = new Int32Array(64);
  #block = new Uint8Array(64);
  #view = new DataView(this.#block.buffer);
  #length = 0;

  /** @param {Uint8Array} octets */
  update(octets) {
    const filled = this.#length % 64;
    this.#length += octets.length;
    let at = Math.min(octets.length, 64 - filled);
    this.#block.set(octets.subarray(0, at), filled);
    if (filled + at < 64) return this;
    this.#mix(this.#view, 0);
    const view = new DataView(octets.buffer, octets.byteOffset);
    for (; at + 64 <= octets.length; at += 64) this.#mix(view, at);
    this.#block.set(octets.subarray(at));
    return this;
  }

  /** In hexadecimal digits. After it nothing can be added. */
  end() {
    const length = this.#length;
    const end = new Uint8Array(64 - ((length + 8) % 64) + 8);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(end.length - 4, length * 8);
    this.update(end);
    return [...this.#state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /**
   * Written without arrays, which would take most of the time.
   * @param {DataView} block
   * @param {number} at
   */
  #mix(block, at) {
    const words = this.#words;
    const state = this.#state;
    for (let i = 0; i < 16; i += 1) words[i] = block.getInt32(at + i * 4);
    for (let i = 16; i < 64; i += 1) {
      const x = words[i - 15];
      const y = words[i - 2];
      words[i] = words[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + words[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i += 1) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + words[i];
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = (d + one) | 0;
      d = c; c = b; b = a; a = (one + two) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

/**
 * @param {number} word
 * @param {number} by
 */
function turn(word, by) { return (word >>> by) | (word << (32 - by)); }
