// What the browser's counters say of the last seconds. Pure: rows of statistics in, figures out.

/**
 * What has been counted up to a moment. `lost` and `received` are packets.
 * @typedef {object} Count
 * @property {number} at  in milliseconds
 * @property {number | null} rttMs
 * @property {number} lost
 * @property {number} received
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {number} frames
 */
/** @typedef {{rttMs: number | null, lossPercent: number | null, kbitIn: number | null, kbitOut: number | null, fps: number | null}} Figures */

/** @type {Figures} */
export const UNKNOWN = { rttMs: null, lossPercent: null, kbitIn: null, kbitOut: null, fps: null };

/**
 * Of a connection, or of what one receiver gets on it.
 * @param {Iterable<any>} rows
 * @param {'audio' | 'video'} kind  of which losses and frames are counted
 * @param {number} at
 * @returns {Count}
 */
export function count(rows, kind, at) {
  /** @type {Count} */ const sum = { at, rttMs: null, lost: 0, received: 0, bytesIn: 0, bytesOut: 0, frames: 0 };
  for (const row of rows) {
    if (row.type === 'candidate-pair' && row.nominated && row.currentRoundTripTime !== undefined) {
      sum.rttMs = row.currentRoundTripTime * 1_000;
    }
    if (row.type === 'outbound-rtp') sum.bytesOut += (row.bytesSent ?? 0) + (row.headerBytesSent ?? 0);
    if (row.type !== 'inbound-rtp') continue;
    sum.bytesIn += (row.bytesReceived ?? 0) + (row.headerBytesReceived ?? 0);
    if (row.kind !== kind) continue;
    sum.lost += row.packetsLost ?? 0;
    sum.received += row.packetsReceived ?? 0;
    sum.frames += row.framesDecoded ?? 0;
  }
  return sum;
}

/**
 * What happened between two moments; null: it cannot be said. Counters that fell are those of another connection.
 * @param {Count | null} before
 * @param {Count} now
 * @returns {Figures}
 */
export function between(before, now) {
  const seconds = before ? (now.at - before.at) / 1_000 : 0;
  const fell = before && (now.received < before.received || now.bytesIn < before.bytesIn || now.bytesOut < before.bytesOut);
  if (!before || fell || seconds <= 0) return { ...UNKNOWN, rttMs: now.rttMs };
  const received = now.received - before.received;
  // A packet that comes late after all makes the count of lost ones fall.
  const lost = Math.max(0, now.lost - before.lost);
  return {
    rttMs: now.rttMs,
    lossPercent: received + lost > 0 ? (100 * lost) / (received + lost) : null,
    kbitIn: (8 * (now.bytesIn - before.bytesIn)) / 1_000 / seconds,
    kbitOut: (8 * (now.bytesOut - before.bytesOut)) / 1_000 / seconds,
    fps: (now.frames - before.frames) / seconds,
  };
}
