// What this browser keeps for the page, as words under keys. Storage can be forbidden, as it is in many a frame of
// another site: then it lasts as long as the page.

export class Shelf {
  #storage;
  /** @type {Map<string, string>} */ #here = new Map();

  /** @param {() => Storage} storage  may throw */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} key */
  get(key) {
    return this.#attempt((storage) => storage.getItem(key)) ?? this.#here.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} word
   */
  put(key, word) {
    this.#here.set(key, word);
    this.#attempt((storage) => storage.setItem(key, word));
  }

  /** @param {string} key */
  drop(key) {
    this.#here.delete(key);
    this.#attempt((storage) => storage.removeItem(key));
  }

  /**
   * @template T
   * @param {(storage: Storage) => T} what
   * @returns {T | null}
   */
  #attempt(what) {
    try {
      return what(this.#storage());
    } catch {
      return null;
    }
  }
}

/** Until somebody clears it. */
export const forGood = new Shelf(() => localStorage);

/** As long as this tab. */
export const forThisTab = new Shelf(() => sessionStorage);
