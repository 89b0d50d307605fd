// The connection of two browsers: it carries what the two publish, and nothing else. Knows no DOM.
//
// Of the two, the one with the lower number makes the first offer; the other says `call` when it is the first to know
// that a connection is wanted. Later offers (a restart) follow perfect negotiation, in which the higher number is polite.
// The first offer has an m-line for each source, the camera's before the screen's; what is not sent yet is sent later.

import { askCaptureTime } from '../sync/measured.js';
import { tap } from './encoded.js';
import { Wire } from './wire.js';

/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').PairState} PairState */
/** @typedef {import('../protocol.d.ts').Source} Source */
/** @typedef {Record<Source, MediaStreamTrack | null>} Tracks */

/** In the order of their m-lines. @type {readonly Source[]} */
export const SOURCES = ['camera', 'screen'];

// Milliseconds until the server path should show the picture meanwhile, until a try counts as failed, and for which a
// connection may be interrupted.
export const SLOW = 900;
export const GIVE_UP = 15_000;
export const INTERRUPTED = 3_000;
// Milliseconds without a frame after which a picture stands still: a camera in the dark makes five a second.
export const STILL = 1_000;
// What a picture may have while its connection is probed, in bits a second: another number than Chromium's own, which is
// 1.7 Mbit/s for up to 640×480. And for how long.
export const PROBE = { most: 2_000_000, ms: 500 };

/**
 * @typedef {object} Outside
 * @property {(signal: PairSignal) => void} signal  sends to the other end
 * @property {(state: PairState) => void} report  tells the service
 * @property {(source: Source) => string} picture  a name for what the other sends
 * @property {(source: Source, track: MediaStreamTrack) => void} came  the other's picture came
 * @property {() => boolean} seen  whether nothing is missing: his pictures move, or he sends none
 * @property {() => RTCPeerConnection} connect  makes the connection
 */

export class Pair {
  /** @type {RTCPeerConnection} */ #connection;
  /** @type {{[S in Source]?: RTCRtpTransceiver}} */ #lines = {};
  #offers; #tracks; #outside; #wire;
  /** Where the other's pictures come from. @type {{[S in Source]?: RTCRtpReceiver}} */ receivers = {};
  #offering = false; #ignoring = false;
  /** Bits a second at most, for who passes my picture on. @type {Record<Source, number | null>} */ #asked = { camera: null, screen: null };
  #probing = false;
  /** @type {PairState | 'trying' | 'closed'} */ #state = 'trying';
  /** @type {ReturnType<typeof setTimeout>[]} */ #timers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #interrupted;

  /**
   * @param {boolean} offers  whether ours is the lower number
   * @param {Tracks} tracks  what is sent
   * @param {Outside} outside
   */
  constructor(offers, tracks, outside) {
    this.#offers = offers;
    this.#tracks = { ...tracks };
    this.#outside = outside;
    this.#connection = outside.connect();
    this.#wire = new Wire(this.#connection, outside.signal);
    this.#listen();
    this.#timers = [setTimeout(() => this.#slow(), SLOW), setTimeout(() => this.#tooLong(), GIVE_UP)];
    if (offers) SOURCES.forEach((source) => this.#offerLine(source));
    else outside.signal({ kind: 'call' });
  }

  get state() { return this.#state; }

  /** By which my pictures leave. @returns {import('./meter.js').Way} */
  get way() { return { kind: 'own', connection: this.#connection, probe: () => void this.#probe() }; }

  /** Whether packets get through, whatever they carry. */
  get isOpen() { return this.#connection.connectionState === 'connected'; }

  /** @param {Tracks} tracks  what is sent from now on */
  async send(tracks) {
    this.#tracks = { ...tracks };
    if (this.#connection.signalingState === 'closed') return;
    await Promise.all(SOURCES.map((source) => this.#lines[source]?.sender.replaceTrack(tracks[source])));
  }

  /** @param {PairSignal} signal */
  receive(signal) { return this.#wire.next(() => this.#take(signal)); }

  /** Something changed that `seen` depends on. */
  look() {
    if (this.#state === 'closed' || this.#connection.connectionState !== 'connected' || !this.#outside.seen()) return;
    this.#stopTimers();
    if (this.#state !== 'connected') this.#report('connected');
  }

  /**
   * I pass the other's picture on, and ask for no more of it than I can.
   * @param {Source} source
   * @param {number | null} bitsPerSecond
   */
  limit(source, bitsPerSecond) { this.#outside.signal({ kind: 'limit', source, bits_per_second: bitsPerSecond }); }

  /**
   * A camera that stands still is shown by another way meanwhile; a screen may stand.
   * @param {(receiver: RTCRtpReceiver) => number} still  milliseconds without a frame
   */
  watch(still) {
    const { camera } = this.receivers;
    if (!camera) return;
    const stands = still(camera) > STILL;
    if (this.#state === 'connected' && stands) {
      this.#report('slow');
      this.#timers = [setTimeout(() => this.#tooLong(), INTERRUPTED)];
    } else if (this.#state === 'slow' && !stands) {
      this.look();
    }
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
    if (signal.kind === 'limit') {
      this.#asked[signal.source] = signal.bits_per_second;
      await this.#bound();
    }
  }

  #listen() {
    const connection = this.#connection;
    connection.onnegotiationneeded = () => { if (this.#lines.camera) void this.#offer(); };
    connection.ontrack = ({ track, receiver }) => {
      const source = this.#sourceOf(receiver);
      if (!source) return;
      if (!this.#offers) tap(receiver, this.#outside.picture(source));
      this.receivers[source] = receiver;
      this.#outside.came(source, track);
    };
    connection.onconnectionstatechange = () => this.#changed();
  }

  /** @param {Source} source */
  #offerLine(source) {
    const line = this.#connection.addTransceiver('video', { direction: 'sendrecv' });
    this.#lines[source] = line;
    askCaptureTime(line);
    tap(line.receiver, this.#outside.picture(source));
    const track = this.#tracks[source];
    if (track) void line.sender.replaceTrack(track);
  }

  /**
   * @param {RTCRtpReceiver} receiver
   * @returns {Source | undefined}
   */
  #sourceOf(receiver) { return SOURCES[this.#pictureLines().findIndex((line) => line.receiver === receiver)]; }

  #pictureLines() { return this.#connection.getTransceivers().filter((line) => line.receiver.track.kind === 'video'); }

  async #offer() {
    this.#offering = true;
    try {
      await this.#wire.describe();
    } catch (error) {
      console.warn(`pair: ${error}`);
    } finally {
      this.#offering = false;
    }
  }

  /** @param {Extract<PairSignal, {kind: 'description'}>} signal */
  async #describe(signal) {
    const isOffer = signal.description_type === 'offer';
    const collides = isOffer && (this.#offering || this.#connection.signalingState !== 'stable');
    this.#ignoring = collides && this.#offers;
    if (this.#ignoring) return;
    await this.#wire.described(signal);
    if (!isOffer) return;
    await this.#answerBothWays();
    await this.#wire.describe();
  }

  /** The answerer sends on the m-lines that were offered, now or later. */
  async #answerBothWays() {
    for (const [i, line] of this.#pictureLines().entries()) {
      const source = SOURCES[i];
      if (!source) return;
      this.#lines[source] = line;
      line.direction = 'sendrecv';
      await line.sender.replaceTrack(this.#tracks[source]);
    }
  }

  /** @param {Extract<PairSignal, {kind: 'candidate'}>} signal */
  async #candidate(signal) {
    try {
      await this.#wire.candidate(signal);
    } catch (error) {
      if (!this.#ignoring) throw error;
    }
  }

  /** What is sent is kept to what the other end asked for, but for the moment of a probe. */
  async #bound() {
    for (const source of SOURCES) await this.#boundLine(source);
  }

  /** @param {Source} source */
  async #boundLine(source) {
    const sender = this.#state === 'closed' ? null : this.#lines[source]?.sender;
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length) return;
    const most = this.#probing ? PROBE.most : this.#asked[source];
    for (const encoding of parameters.encodings) {
      if (most === null) delete encoding.maxBitrate;
      else encoding.maxBitrate = most;
    }
    await sender.setParameters(parameters);
  }

  /**
   * Lets the browser find out what the connection carries: where it sends little, Chromium learns no more by itself. When
   * the most that a picture may have becomes another number it sends two short bursts, at that rate and at twice it.
   */
  #probe() {
    const turn = (/** @type {boolean} */ on) => {
      this.#probing = on;
      return this.#wire.next(() => this.#bound());
    };
    setTimeout(() => turn(false), PROBE.ms);
    return turn(true);
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
