// What I want of the others: which pictures, how large, and how loud voices. Said when it changes, and again to a service
// that may have missed it. Knows no network.

/** @typedef {import('./protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('./protocol.d.ts').Loudness} Loudness */
/** @typedef {import('./protocol.d.ts').Picture} Picture */
/** @typedef {import('./protocol.d.ts').Shown} Shown */

export class Wanted {
  #say;
  /** Null: all of them. @type {Picture[] | null} */ #pictures = null;
  /** @type {Map<string, Shown>} */ #sizes = new Map();
  /** @type {Map<string, Loudness>} */ #gains = new Map();

  /** @param {(message: ClientMessage) => unknown} say  to the service */
  constructor(say) { this.#say = say; }

  /** @param {Picture[]} pictures  those that are in sight */
  see(pictures) {
    this.#pictures = pictures;
    this.#say({ type: 'want', pictures });
  }

  /** @param {Shown[]} pictures  how large they are shown */
  show(pictures) {
    for (const shown of pictures) this.#sizes.set(`${shown.publisher} ${shown.source}`, shown);
    this.#say({ type: 'sizes', pictures });
  }

  /** @param {Loudness} gain  how loudly I hear somebody from now on */
  hear(gain) {
    this.#gains.set(gain.participant, gain);
    this.#say({ type: 'gains', gains: [gain] });
  }

  /** @param {string} id  of one who has gone */
  forget(id) {
    for (const source of ['camera', 'screen']) this.#sizes.delete(`${id} ${source}`);
    this.#gains.delete(id);
  }

  /** The server sends by another leg, which knows no sizes. */
  showAgain() { if (this.#sizes.size > 0) this.#say({ type: 'sizes', pictures: [...this.#sizes.values()] }); }

  again() {
    if (this.#pictures) this.#say({ type: 'want', pictures: this.#pictures });
    if (this.#gains.size > 0) this.#say({ type: 'gains', gains: [...this.#gains.values()] });
    this.showAgain();
  }
}
