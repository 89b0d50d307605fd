// Encoded frames of one picture go on to whoever it is relayed to. Pure: what a frame is, only `copy` knows.

/**
 * @template F
 * @typedef {{write: (frame: F) => Promise<void>, desiredSize: number | null}} Out
 */

/**
 * @template {{type: string}} F
 */
export class Fork {
  #copy; #ask;
  /** @type {Map<string, {out: Out<F>, begun: boolean}>} */ #outs = new Map();

  /**
   * @param {(frame: F) => F} copy  the same frame for one more reader
   * @param {() => void} ask  asks the publisher for a key frame
   */
  constructor(copy, ask) {
    this.#copy = copy;
    this.#ask = ask;
  }

  /** Nothing goes on any more. */
  get idle() { return this.#outs.size === 0; }

  /**
   * One more is sent to, from the next key frame on.
   * @param {string} id
   * @param {Out<F>} out
   */
  add(id, out) {
    this.#outs.set(id, { out, begun: false });
    this.#ask();
  }

  /** @param {string} id */
  remove(id) { this.#outs.delete(id); }

  /**
   * He cannot go on without a key frame.
   * @param {string} id
   */
  lost(id) { if (this.#outs.has(id)) this.#ask(); }

  /**
   * Who cannot take a frame misses it, and goes on at the next key frame.
   * @param {F} frame
   */
  frame(frame) {
    for (const [id, way] of this.#outs) {
      if (frame.type === 'key') way.begun = true;
      if (!way.begun) continue;
      if ((way.out.desiredSize ?? 0) <= 0) {
        way.begun = false;
        this.#ask();
        continue;
      }
      way.out.write(this.#copy(frame)).catch(() => this.remove(id));
    }
  }
}
