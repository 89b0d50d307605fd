// Which pictures something that is done touches, as they stood before it: by the hops of their paths.

/**
 * @typedef {{pair: [string, string], path: string, relay: string | null}} Standing  publisher and subscriber
 */

/**
 * The connections between browsers that a picture's path goes by.
 * @param {Standing} standing
 * @returns {[string, string][]}
 */
export function hopsOf({ pair: [publisher, subscriber], path, relay }) {
  if (path === 'direct') return [[publisher, subscriber]];
  if (path === 'peer' && relay) return [[publisher, relay], [relay, subscriber]];
  return [];
}

export class PairsBefore {
  #standings;
  #ends;
  #leaver;

  /**
   * @param {Standing[]} standings
   * @param {string} deed
   * @param {unknown} wish  what is done, in the words of a scenario
   */
  constructor(standings, deed, wish) {
    this.#standings = standings;
    this.#ends = endsOf(deed, wish);
    this.#leaver = leaver(deed, wish);
  }

  /** Those whose path is touched, and which can be seen on. */
  get affected() { return this.#staying.filter((standing) => this.#touches(standing)).map(({ pair }) => pair); }

  /** Those that nothing happens to. */
  get others() { return this.#staying.filter((standing) => !this.#touches(standing)).map(({ pair }) => pair); }

  get #staying() {
    return this.#standings.filter(({ pair }) => !pair.includes(this.#leaver));
  }

  #touches(standing) {
    return this.#ends.length > 0 && hopsOf(standing).some((hop) => this.#ends.every((end) => hop.includes(end)));
  }
}

/**
 * Who sees nothing any more and is not to be seen: who is killed, or cut off from all.
 * @param {string} deed
 * @param {unknown} wish
 * @returns {string | undefined}
 */
export function leaver(deed, wish) {
  if (deed === 'kill') return wish;
  return deed === 'cut' && !wish.to && !wish.proto ? wish.from : undefined;
}

// One name: everything from and to him. Two: what is between them.
function endsOf(deed, wish) {
  if (deed === 'kill') return [wish];
  if (deed === 'cut') return [wish.from, wish.to].filter(Boolean);
  if (deed === 'impair') return [wish.link.split('@')[0]];
  return [];
}
