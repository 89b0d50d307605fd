// What was written or offered to all, and how much of it one has not seen. Pure.

/** @template {{id: number, from: string}} T  with numbers that rise */
export class Chat {
  /** @type {Map<number, T>} */ #messages = new Map();
  /** Up to which one has seen them. */ #seen = 0;

  /**
   * @param {T[]} messages
   * @param {boolean} anew  this is all there is
   * @returns {{come: T[], gone: number[]}}  what is new here, and what is there no more
   */
  take(messages, anew) {
    const there = new Set(messages.map(({ id }) => id));
    const gone = anew ? [...this.#messages.keys()].filter((id) => !there.has(id)) : [];
    for (const id of gone) this.#messages.delete(id);
    const come = messages.filter(({ id }) => !this.#messages.has(id));
    for (const message of come) this.#messages.set(message.id, message);
    // The service has begun to count again.
    if (anew && this.#last < this.#seen) this.#seen = 0;
    return { come, gone };
  }

  /** @param {number} id */
  get(id) { return this.#messages.get(id); }

  /** All that there is has been seen. */
  see() { this.#seen = this.#last; }

  /**
   * How many of others' messages one has not seen.
   * @param {string} me
   */
  unseen(me) { return [...this.#messages.values()].filter(({ id, from }) => id > this.#seen && from !== me).length; }

  get #last() { return Math.max(0, ...this.#messages.keys()); }
}
