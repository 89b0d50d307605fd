// What every connection between two browsers does: says its candidates and descriptions to the other end, and takes
// what comes from there one after the other, since a candidate must not overtake the description it belongs to.

/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {Extract<PairSignal, {kind: 'description' | 'candidate'}>} WireSignal */

export class Wire {
  #connection; #signal;
  /** @type {Promise<void>} */ #received = Promise.resolve();

  /**
   * @param {RTCPeerConnection} connection
   * @param {(signal: WireSignal) => void} signal  sends to the other end
   */
  constructor(connection, signal) {
    this.#connection = connection;
    this.#signal = signal;
    connection.onicecandidate = ({ candidate }) => signal({
      kind: 'candidate', candidate: candidate?.candidate ?? '',
      mid: candidate?.sdpMid ?? null, mline_index: candidate?.sdpMLineIndex ?? null,
    });
  }

  /** @param {() => Promise<void>} take  what to do when all that came before is done */
  next(take) {
    this.#received = this.#received.then(take).catch((error) => console.warn(`between browsers: ${error}`));
    return this.#received;
  }

  /**
   * What whoever answered the connection says: his answer, and his candidates.
   * @param {{kind: string}} signal  of other kinds nothing is taken
   */
  takeAnswer(signal) { return this.next(() => this.#take(/** @type {WireSignal} */ (signal))); }

  /**
   * What whoever offers the connection says: his offer, which is answered, and his candidates.
   * @param {{kind: string}} signal  of other kinds nothing is taken
   */
  takeOffer(signal) {
    return this.next(async () => {
      await this.#take(/** @type {WireSignal} */ (signal));
      if (signal.kind === 'description') await this.describe();
    });
  }

  /** Makes the description that is due, an offer or an answer, and says it. */
  async describe() {
    await this.#connection.setLocalDescription();
    const description = this.#connection.localDescription;
    if (description) this.#signal({ kind: 'description', description_type: description.type, sdp: description.sdp });
  }

  /** @param {Extract<PairSignal, {kind: 'description'}>} signal */
  async described({ description_type, sdp }) {
    const type = /** @type {RTCSdpType} */ (description_type);
    await this.#connection.setRemoteDescription({ type, sdp });
  }

  /** @param {Extract<PairSignal, {kind: 'candidate'}>} signal */
  async candidate({ candidate, mid, mline_index }) {
    if (!this.#connection.remoteDescription || (!candidate && mid === null)) return;
    await this.#connection.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: mline_index });
  }

  /** @param {WireSignal} signal */
  async #take(signal) {
    if (signal.kind === 'description') await this.described(signal);
    if (signal.kind === 'candidate') await this.candidate(signal);
  }
}
