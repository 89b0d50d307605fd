// What a page's connections do, as the browser itself says: an instrument that is in the page before its own scripts
// run. Every RTCPeerConnection is kept with what it was made with and the candidates it found.

/** @param {import('puppeteer-core').Page} page */
export function keepConnections(page) {
  return page.evaluateOnNewDocument(keep);
}

function keep() {
  const kept = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      const one = { connection: this, iceServers: configuration?.iceServers ?? [], candidates: [] };
      kept.push(one);
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.candidate) one.candidates.push(candidate.candidate);
      });
    }
  };
  Object.defineProperty(globalThis, 'keptConnections', { value: kept });
}

/**
 * The leg: the connection that carries sound.
 * @typedef {object} LegView
 * @property {number} legs  how many there have been; this is the last
 * @property {string} state
 * @property {string} ufrag  our own; another one after a restart
 * @property {string[]} candidates
 * @property {{local: object, remote: object} | null} pair  the selected one: rows of getStats
 */

/**
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<LegView | null>}
 */
export function legOf(page) {
  return page.evaluate(async () => {
    const carriesSound = ({ connection }) =>
      connection.getTransceivers().some(({ receiver }) => receiver.track.kind === 'audio');
    const legs = keptConnections.filter(carriesSound);
    if (legs.length === 0) return null;
    const { connection, candidates } = legs.at(-1);
    const stats = await connection.getStats();
    const rows = [...stats.values()];
    const transport = rows.find(({ type }) => type === 'transport');
    // Firefox has no row for the transport, and marks the pair.
    const pair = stats.get(transport?.selectedCandidatePairId)
      ?? rows.find(({ type, selected }) => type === 'candidate-pair' && selected);
    return {
      legs: legs.length, state: connection.connectionState, candidates,
      ufrag: /^a=ice-ufrag:(\S+)/m.exec(connection.localDescription?.sdp ?? '')?.[1],
      pair: pair ? { local: stats.get(pair.localCandidateId), remote: stats.get(pair.remoteCandidateId) } : null,
    };
  });
}

/**
 * What the leg's sender of sound knows: what it has sent, and what the server has reported of it.
 * @typedef {object} SoundSent
 * @property {number} sent  packets
 * @property {number} bytes  of their bodies
 * @property {number} bitrate  what the encoder is to keep to
 * @property {number} lost
 * @property {number} fractionLost
 * @property {number} roundTrip  seconds
 * @property {number} roundTrips  how many were measured
 * @property {number} reportedMsAgo
 *
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<SoundSent>}
 */
export function soundSent(page) {
  return page.evaluate(async () => {
    const soundOf = ({ connection }) => connection.getSenders().find(({ track }) => track?.kind === 'audio');
    const sender = keptConnections.map(soundOf).find(Boolean);
    const rows = [...(await sender.getStats()).values()];
    const out = rows.find(({ type }) => type === 'outbound-rtp');
    const report = rows.find(({ type }) => type === 'remote-inbound-rtp');
    return {
      sent: out.packetsSent, bytes: out.bytesSent, bitrate: out.targetBitrate,
      lost: report?.packetsLost, fractionLost: report?.fractionLost,
      roundTrip: report?.roundTripTime, roundTrips: report?.roundTripTimeMeasurements,
      reportedMsAgo: out.timestamp - report?.timestamp,
    };
  });
}

/**
 * How many pictures the page sends, over all of its connections: those of which a frame went out while one watched.
 * @param {import('puppeteer-core').Page} page
 * @param {number} watchMs
 * @returns {Promise<number>}
 */
export function picturesSent(page, watchMs) {
  return page.evaluate(async (ms) => {
    const look = async () => {
      const all = keptConnections.map(async ({ connection }, i) => [...(await connection.getStats()).values()]
        .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
        .map(({ mid, framesSent }) => [`${i} ${mid}`, framesSent]));
      return new Map((await Promise.all(all)).flat());
    };
    const before = await look();
    await new Promise((done) => setTimeout(done, ms));
    const after = [...await look()];
    return after.filter(([picture, frames]) => frames > (before.get(picture) ?? 0)).length;
  }, watchMs);
}

/**
 * The connections with other browsers.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{iceServers: RTCIceServer[], candidates: string[]}[]>}
 */
export function pairsOf(page) {
  return page.evaluate(() => keptConnections
    .filter(({ connection }) => {
      const kinds = connection.getTransceivers().map(({ receiver }) => receiver.track.kind);
      // A connection that the page probes itself by has none.
      return kinds.length > 0 && !kinds.includes('audio');
    })
    .map(({ iceServers, candidates }) => ({ iceServers, candidates })));
}

/**
 * The layers in which the page sends its picture to the server: which are put on, and how many frames went out by each.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{rid: string, active: boolean, frames: number, limited: string}[]>}  `limited`: by what
 */
export function layersSent(page) {
  return page.evaluate(async () => {
    const carriesSound = ({ connection }) =>
      connection.getTransceivers().some(({ receiver }) => receiver.track.kind === 'audio');
    const { connection } = keptConnections.filter(carriesSound).at(-1);
    const rows = [...(await connection.getStats()).values()];
    const layers = rows.filter(({ type, kind, rid }) => type === 'outbound-rtp' && kind === 'video' && rid);
    return layers.map(({ rid, active, framesSent, qualityLimitationReason }) =>
      ({ rid, active, frames: framesSent ?? 0, limited: qualityLimitationReason }));
  });
}
