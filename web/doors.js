// Where the server's offer says that it can be reached. Pure.

/** @typedef {{protocol: 'UDP' | 'TCP', host: string, port: number}} Door */

/**
 * Each of them once, in the offer's order.
 * @param {string} sdp
 * @returns {Door[]}
 */
export function doors(sdp) {
  /** @type {Map<string, Door>} */ const found = new Map();
  for (const [, protocol, host, port] of sdp.matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) typ /gim)) {
    const door = { protocol: /** @type {'UDP' | 'TCP'} */ (protocol.toUpperCase()), host, port: Number(port) };
    found.set(`${door.protocol} ${host} ${port}`, door);
  }
  return [...found.values()];
}
