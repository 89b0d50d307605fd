// Lets the service find out where this browser stands, on throw-away connections: whether a stranger's packet reaches
// it, and whether an address that others see it at is its own. Knows no DOM.
//
// The service asks, from a port that nobody names, a connection that has nothing to do with the leg or a pair. Whether
// an address is our own the browser itself can tell, also when it hides its addresses from the page: a connection with
// ourselves by that address then comes from the very host candidate it leaves by, and not from what a NAT made of it.

/** @typedef {import('./protocol.d.ts').ProbeWish} ProbeWish */
/** @typedef {import('./protocol.d.ts').ProbeSignal} ProbeSignal */
/** @typedef {Extract<ProbeWish, {kind: 'begin'}>} Begin */

// Milliseconds: until the service has had its time, and until what goes to ourselves must have come back.
export const ENOUGH = 8_000;
export const MIRROR = 1_500;

/**
 * @typedef {object} Outside
 * @property {(signal: ProbeSignal) => void} signal  tells the service
 * @property {(stun: boolean) => RTCPeerConnection} connect  makes a connection, with or without a STUN server
 */

export class Probe {
  /** @type {RTCPeerConnection | null} */ #connection = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #end;
  #outside;

  /** @param {Outside} outside */
  constructor(outside) {
    this.#outside = outside;
  }

  /** @param {ProbeWish} wish  what the service says */
  async receive(wish) {
    try {
      if (wish.kind === 'begin') await this.#begin(wish);
      if (wish.kind === 'mirror') await this.#mirror(wish.address);
      if (wish.kind === 'candidate') await this.#connection?.addIceCandidate({ candidate: wish.candidate, sdpMLineIndex: 0 });
      if (wish.kind === 'end') this.close();
    } catch (error) {
      console.warn(`probe: ${error}`);
    }
  }

  close() {
    clearTimeout(this.#end);
    this.#connection?.close();
    this.#connection = null;
  }

  /** @param {Begin} begin */
  async #begin({ ufrag, password }) {
    this.close();
    const connection = this.#outside.connect(true);
    this.#connection = connection;
    this.#end = setTimeout(() => this.close(), ENOUGH);
    const waiting = /** @type {string[]} */ ([]);
    let tell = (/** @type {string} */ candidate) => { waiting.push(candidate); };
    connection.onicecandidate = ({ candidate }) => { if (candidate?.candidate) tell(candidate.candidate); };
    const offer = await offerOf(connection);
    await connection.setRemoteDescription({ type: 'answer', sdp: answerTo(offer, ufrag, password) });
    this.#outside.signal({ kind: 'offer', ...credentialsOf(offer) });
    tell = (candidate) => this.#outside.signal({ kind: 'candidate', candidate });
    waiting.forEach(tell);
  }

  /** @param {string} address */
  async #mirror(address) {
    const own = await isOwn(address, () => this.#outside.connect(false));
    this.#outside.signal({ kind: 'mirror', address, own });
  }
}

/**
 * Whether `address` is one of this browser's own: what it sends there comes back, and comes from the candidate it left by.
 * @param {string} address
 * @param {() => RTCPeerConnection} connect
 * @returns {Promise<boolean>}
 */
export async function isOwn(address, connect) {
  const [far, near] = [connect(), connect()];
  try {
    far.onicecandidate = ({ candidate }) => {
      const moved = candidate && at(candidate.candidate, address);
      if (moved) void near.addIceCandidate({ candidate: moved, sdpMLineIndex: 0 }).catch(() => {});
    };
    const joined = whenJoined(near);
    near.createDataChannel('');
    const offer = await offerOf(near);
    await far.setRemoteDescription({ type: 'offer', sdp: withoutCandidates(offer) });
    await far.setLocalDescription();
    await near.setRemoteDescription({ type: 'answer', sdp: withoutCandidates(far.localDescription?.sdp ?? '') });
    return await joined && await leavesByHost(near);
  } finally {
    far.close();
    near.close();
  }
}

/** @param {RTCPeerConnection} connection */
async function offerOf(connection) {
  if (connection.getTransceivers().length === 0) connection.createDataChannel('');
  await connection.setLocalDescription();
  return connection.localDescription?.sdp ?? '';
}

/**
 * The answer of one who has these credentials. He begins the handshake, that is to say nobody does.
 * @param {string} offer
 * @param {string} ufrag
 * @param {string} password
 */
export function answerTo(offer, ufrag, password) {
  return withoutCandidates(offer)
    .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}`)
    .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}`)
    .replace(/^a=setup:.*$/gm, 'a=setup:active');
}

/** @param {string} sdp */
function withoutCandidates(sdp) {
  return sdp.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '');
}

/** @param {string} sdp */
function credentialsOf(sdp) {
  const value = (/** @type {string} */ name) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(sdp)?.[1] ?? '';
  return { ufrag: value('ice-ufrag'), password: value('ice-pwd') };
}

/**
 * A host candidate for UDP, as if it were at `address`; null for another candidate.
 * @param {string} candidate
 * @param {string} address
 */
export function at(candidate, address) {
  const words = candidate.split(' ');
  if (words[2]?.toLowerCase() !== 'udp' || words[7] !== 'host') return null;
  words[4] = address;
  return words.slice(0, 8).join(' ');
}

/** @param {RTCPeerConnection} connection */
function whenJoined(connection) {
  return new Promise((resolve) => {
    const look = () => {
      if (['connected', 'completed'].includes(connection.iceConnectionState)) resolve(true);
    };
    connection.oniceconnectionstatechange = look;
    setTimeout(() => resolve(false), MIRROR);
  });
}

/** @param {RTCPeerConnection} connection */
async function leavesByHost(connection) {
  const stats = await connection.getStats();
  const pairs = [...stats.values()].filter(({ type, state }) => type === 'candidate-pair' && state === 'succeeded');
  return pairs.some(({ localCandidateId }) => stats.get(localCandidateId)?.candidateType === 'host');
}
