// The connection of two browsers: it carries what the two publish, and nothing else. Knows no DOM.
//
// Of the two, the one with the lower number makes the first offer; the other says `call` when it is the first to know
// that a connection is wanted. Later offers (a restart) follow perfect negotiation, in which the higher number is polite.

/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').PairState} PairState */

// Milliseconds until the server path should show the picture meanwhile, until a try counts as failed, and for which a
// connection may be interrupted.
export const SLOW = 900;
export const GIVE_UP = 15_000;
export const INTERRUPTED = 3_000;

/**
 * @typedef {object} Outside
 * @property {(signal: PairSignal) => void} signal  sends to the other end
 * @property {(state: PairState) => void} report  tells the service
 * @property {(track: MediaStreamTrack) => void} picture  the other's camera came
 * @property {() => boolean} seen  whether nothing is missing: the picture moves, or the other sends none
 * @property {() => RTCPeerConnection} connect  makes the connection
 */

export class Pair {
  /** @type {RTCPeerConnection} */ #connection;
  /** @type {RTCRtpTransceiver | null} */ #video = null;
  /** @type {MediaStreamTrack | null} */ #camera = null;
  #offers; #outside;
  #offering = false; #ignoring = false;
  /** @type {Promise<void>} */ #received = Promise.resolve();
  /** @type {PairState | 'trying' | 'closed'} */ #state = 'trying';
  /** @type {ReturnType<typeof setTimeout>[]} */ #timers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #interrupted;

  /**
   * @param {boolean} offers  whether ours is the lower number
   * @param {MediaStreamTrack | null} camera
   * @param {Outside} outside
   */
  constructor(offers, camera, outside) {
    this.#offers = offers;
    this.#camera = camera;
    this.#outside = outside;
    this.#connection = outside.connect();
    this.#listen();
    this.#timers = [setTimeout(() => this.#slow(), SLOW), setTimeout(() => this.#tooLong(), GIVE_UP)];
    if (offers) {
      this.#video = this.#connection.addTransceiver('video', { direction: 'sendrecv' });
      if (camera) void this.#video.sender.replaceTrack(camera);
    } else {
      outside.signal({ kind: 'call' });
    }
  }

  get state() { return this.#state; }

  /** @param {MediaStreamTrack | null} camera */
  async send(camera) {
    this.#camera = camera;
    await this.#video?.sender.replaceTrack(camera);
  }

  /**
   * One signal after the other: a candidate must not overtake the description it belongs to.
   * @param {PairSignal} signal
   */
  receive(signal) {
    this.#received = this.#received.then(() => this.#take(signal)).catch((error) => console.warn(`pair: ${error}`));
    return this.#received;
  }

  /** Something changed that `seen` depends on. */
  look() {
    if (this.#state === 'closed' || this.#connection.connectionState !== 'connected' || !this.#outside.seen()) return;
    this.#stopTimers();
    if (this.#state !== 'connected') this.#report('connected');
  }

  close() {
    this.#stopTimers();
    clearTimeout(this.#interrupted);
    this.#state = 'closed';
    this.#connection.close();
  }

  /** @param {PairSignal} signal */
  async #take(signal) {
    if (this.#state === 'closed') return;
    if (signal.kind === 'description') await this.#describe(signal);
    if (signal.kind === 'candidate') await this.#candidate(signal);
  }

  #listen() {
    const connection = this.#connection;
    connection.onnegotiationneeded = () => { if (this.#video) void this.#offer(); };
    connection.onicecandidate = ({ candidate }) => {
      this.#outside.signal({
        kind: 'candidate', candidate: candidate?.candidate ?? '',
        mid: candidate?.sdpMid ?? null, mline_index: candidate?.sdpMLineIndex ?? null,
      });
    };
    connection.ontrack = ({ track }) => this.#outside.picture(track);
    connection.onconnectionstatechange = () => this.#changed();
  }

  async #offer() {
    this.#offering = true;
    try {
      await this.#connection.setLocalDescription();
      this.#tellDescription();
    } catch (error) {
      console.warn(`pair: ${error}`);
    } finally {
      this.#offering = false;
    }
  }

  /** @param {Extract<PairSignal, {kind: 'description'}>} signal */
  async #describe({ description_type, sdp }) {
    const type = /** @type {RTCSdpType} */ (description_type);
    const collides = type === 'offer' && (this.#offering || this.#connection.signalingState !== 'stable');
    this.#ignoring = collides && this.#offers;
    if (this.#ignoring) return;
    await this.#connection.setRemoteDescription({ type, sdp });
    if (type !== 'offer') return;
    await this.#answerBothWays();
    await this.#connection.setLocalDescription();
    this.#tellDescription();
  }

  /** The answerer sends on the m-line that was offered, now or later. */
  async #answerBothWays() {
    this.#video ??= this.#connection.getTransceivers().find((line) => line.receiver.track.kind === 'video') ?? null;
    if (!this.#video) return;
    this.#video.direction = 'sendrecv';
    await this.#video.sender.replaceTrack(this.#camera);
  }

  #tellDescription() {
    const description = this.#connection.localDescription;
    if (description) this.#outside.signal({ kind: 'description', description_type: description.type, sdp: description.sdp });
  }

  /** @param {Extract<PairSignal, {kind: 'candidate'}>} signal */
  async #candidate({ candidate, mid, mline_index }) {
    if (!this.#connection.remoteDescription || (!candidate && mid === null)) return;
    try {
      await this.#connection.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: mline_index });
    } catch (error) {
      if (!this.#ignoring) throw error;
    }
  }

  #changed() {
    const state = this.#connection.connectionState;
    clearTimeout(this.#interrupted);
    if (state === 'connected') this.look();
    if (state === 'failed') this.#fail();
    if (state === 'disconnected') this.#interrupted = setTimeout(() => this.#fail(), INTERRUPTED);
  }

  #slow() { if (this.#state === 'trying') this.#report('slow'); }

  #tooLong() { if (this.#state === 'trying' || this.#state === 'slow') this.#fail(); }

  #fail() {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#report('failed');
    this.close();
  }

  /** @param {PairState} state */
  #report(state) {
    this.#state = state;
    this.#outside.report(state);
  }

  #stopTimers() { this.#timers.forEach(clearTimeout); }
}
