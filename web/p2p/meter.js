// Asks the browser once a second what the page's connections have sent, and tells when the uplink carries another
// number of pictures, or the computer has become too hot to pass any on. What follows from the figures is uplink.js's
// and heat.js's business.

import { Heat } from './heat.js';
import { Uplink } from './uplink.js';

/**
 * By which pictures may leave.
 * @typedef {object} Way
 * @property {RTCPeerConnection} connection
 * @property {import('./uplink.js').Kind} kind
 * @property {() => void} [probe]  lets the browser find out what it could carry
 */

const LOOK = 1_000;

export class Meter {
  #uplink; #ways; #changed;
  #heat = new Heat();
  #asking = false;
  #looking = setInterval(() => void this.#look(), LOOK);

  /**
   * @param {number | null} asked  pictures at most; null: any number
   * @param {() => Way[]} ways
   * @param {() => void} changed
   */
  constructor(asked, ways, changed) {
    this.#uplink = new Uplink(asked);
    this.#ways = ways;
    this.#changed = changed;
  }

  /** How many pictures can be sent to others at once; null: any number. */
  get pictures() { return this.#uplink.pictures; }

  /** Whether this computer has enough to do with its own pictures. */
  get hot() { return this.#heat.hot; }

  close() { clearInterval(this.#looking); }

  async #look() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const open = this.#ways().filter(({ connection }) => connection.connectionState === 'connected');
      const figures = await Promise.all(open.map(async ({ connection, kind }) =>
        ({ id: connection, kind, ...sentBy(await connection.getStats()) })));
      const now = performance.now();
      const { changed, probe } = this.#uplink.look(now, figures);
      const turned = this.#heat.look(now, figures.some(({ strained }) => strained));
      if (changed || turned) this.#changed();
      open.find(({ connection }) => connection === probe)?.probe?.();
    } finally {
      this.#asking = false;
    }
  }
}

/**
 * @param {RTCStatsReport} stats
 * @returns {{bytes: number, available: number | null, target: number, limited: boolean, strained: boolean}}
 */
export function sentBy(stats) {
  let bytes = 0, available = null, target = 0, limited = false, strained = false;
  for (const row of stats.values()) {
    if (row.type === 'candidate-pair' && row.nominated) available = row.availableOutgoingBitrate ?? available;
    if (row.type === 'outbound-rtp' && row.kind === 'video') {
      bytes += row.bytesSent + (row.headerBytesSent ?? 0);
      target += row.targetBitrate ?? 0;
      limited ||= row.qualityLimitationReason === 'bandwidth';
      strained ||= row.qualityLimitationReason === 'cpu';
    }
  }
  return { bytes, available, target, limited, strained };
}
