// My connection with the server: my sound, the mix, and the pictures that go through it. Knows no DOM.

import { doors } from './doors.js';
import { Layers } from './layers.js';
import { inStereo, sendsStereo, takesStereo } from './stereo.js';

/** @typedef {{send: (message: import('./protocol.d.ts').ClientMessage) => boolean}} Wire  to the service */
/** @typedef {{stream: MediaStream, number: () => number | null}} Voice */
/** @typedef {{camera_mid: string, screen_mid: string, sdp: string}} Offer */

// Milliseconds for which the leg may be interrupted before its ICE is restarted.
const INTERRUPTED = 5_000;

// Milliseconds after which the mix is not heard any more when nothing of it was played.
const STILL = 200;

/**
 * @typedef {object} Outside
 * @property {(stream: MediaStream) => void} sound  the mix came
 * @property {(state: RTCPeerConnectionState) => void} state
 */

export class Leg {
  #connection = new RTCPeerConnection();
  #socket; #outside; #takesStereo; #sendsStereo;
  #wasConnected = false;
  /** @type {MediaStreamTrack | null} */ #microphone;
  /** @type {Layers | null} */ #camera = null;
  /** @type {RTCRtpSender | null} */ #screen = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #interrupted;

  /**
   * @param {Wire} socket
   * @param {MediaStreamTrack | null} microphone
   * @param {Outside} outside
   */
  constructor(socket, microphone, outside) {
    this.#socket = socket;
    this.#microphone = microphone;
    this.#outside = outside;
    this.#takesStereo = takesStereo(microphone);
    this.#sendsStereo = sendsStereo(microphone);
    const connection = this.#connection;
    connection.onicecandidate = ({ candidate }) => socket.send({
      type: 'candidate', candidate: candidate?.candidate ?? '', mline_index: candidate?.sdpMLineIndex ?? 0,
    });
    connection.onconnectionstatechange = () => this.#changed();
  }

  /**
   * The server's offer is answered once: what is not sent yet is sent later on the same lines.
   * @param {Offer} offer
   */
  async answer({ sdp, camera_mid, screen_mid }) {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: this.#sent(sdp) });
    const [mix] = this.#connection.getTransceivers();
    mix.direction = 'sendrecv';
    await mix.sender.replaceTrack(this.#microphone);
    for (const line of this.#connection.getTransceivers()) {
      if (line.mid === camera_mid || line.mid === screen_mid) line.direction = 'sendonly';
      if (line.mid === camera_mid) this.#camera = new Layers(line.sender);
      if (line.mid === screen_mid) this.#screen = line.sender;
    }
    this.#outside.sound(new MediaStream([mix.receiver.track]));
    await this.#connection.setLocalDescription(this.#taken(await this.#connection.createAnswer()));
    this.#socket.send({ type: 'answer', sdp: this.#connection.localDescription?.sdp ?? '' });
  }

  /**
   * @param {string} candidate
   * @param {number} mline_index
   */
  async candidate(candidate, mline_index) {
    await this.#connection.addIceCandidate({ candidate, sdpMLineIndex: mline_index });
  }

  /** @param {string} answer */
  async restarted(answer) {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: this.#sent(answer) });
  }

  /**
   * Sends this from now on; null: nothing.
   * @param {MediaStreamTrack | null} microphone
   */
  async sendMicrophone(microphone) {
    this.#microphone = microphone;
    const [mix] = this.#connection.getTransceivers();
    await mix?.sender.replaceTrack(microphone);
  }

  /**
   * Sends the camera to the server while somebody needs it there.
   * @param {MediaStreamTrack | null} camera
   */
  async sendCamera(camera) { await this.#camera?.send(camera); }

  /**
   * Sends the screen to the server while somebody needs it there.
   * @param {MediaStreamTrack | null} screen
   */
  async sendScreen(screen) { await this.#screen?.replaceTrack(screen); }

  /**
   * These layers of the camera are needed, and no others.
   * @param {string[]} names
   */
  async needLayers(names) { await this.#camera?.need(names); }

  /**
   * The talkers' own sound, which comes while sound is relayed: a stream for each m-line of sound but the mix's, and whose
   * is on it now, by his number.
   * @returns {Voice[]}
   */
  get voices() {
    const [, ...voices] = this.sounds;
    return voices.map(({ receiver }) => ({ stream: new MediaStream([receiver.track]), number: () => numberOf(receiver) }));
  }

  /**
   * The picture that comes in a slot.
   * @param {string} mid
   */
  slot(mid) {
    return this.#line(mid)?.receiver.track ?? null;
  }

  /** All m-lines of sound, the mix's first. */
  get sounds() { return this.#connection.getTransceivers().filter(({ receiver }) => receiver.track.kind === 'audio'); }

  /** By which m-line something comes. @param {MediaStreamTrack} track */
  lineOf(track) { return this.#connection.getTransceivers().find(({ receiver }) => receiver.track === track) ?? null; }

  /** All that the browser has counted. */
  async statistics() { return [...(await this.#connection.getStats()).values()]; }

  /** Where the server says it can be reached, for an operator of a network that lets nothing through. */
  get doors() { return doors(this.#connection.remoteDescription?.sdp ?? ''); }

  /** Milliseconds to the server and back, and the share of lost packets; null while unknown. */
  async quality() {
    let rttMs = null, lost = 0, received = 0;
    for (const row of (await this.#connection.getStats()).values()) {
      if (row.type === 'candidate-pair' && row.nominated) rttMs = Math.round((row.currentRoundTripTime ?? 0) * 1_000);
      if (row.type === 'inbound-rtp' && row.kind === 'audio') {
        lost += row.packetsLost;
        received += row.packetsReceived;
      }
    }
    return { rttMs, loss: received > 0 ? lost / (lost + received) : null };
  }

  /** Which RTP time of the mix is being heard; null: none is, for silence is not sent. */
  get heard() {
    const [mix] = this.#connection.getTransceivers();
    const [source] = mix?.receiver.getSynchronizationSources?.() ?? [];
    return source && since(source.timestamp) < STILL ? source.rtpTimestamp : null;
  }

  /** Whether it has ever carried packets. */
  get wasConnected() { return this.#wasConnected; }

  /** Finds its way anew (RFC 8445 section 9); what is sent and heard goes on meanwhile as well as it can. */
  async restart() {
    if (this.#connection.signalingState === 'closed') return;
    const offer = this.#taken(await this.#connection.createOffer({ iceRestart: true }));
    await this.#connection.setLocalDescription(offer);
    this.#socket.send({ type: 'restart', offer: offer.sdp ?? '' });
  }

  /** By which my picture leaves for the server. @returns {import('./p2p/meter.js').Way} */
  get way() { return { kind: 'server', connection: this.#connection }; }

  close() {
    clearTimeout(this.#interrupted);
    this.#camera?.close();
    this.#connection.close();
  }

  /** @param {string} mid */
  #line(mid) {
    return this.#connection.getTransceivers().find((line) => line.mid === mid);
  }

  /**
   * The server's description, as I send to it.
   * @param {string} sdp
   */
  #sent(sdp) { return this.#sendsStereo ? inStereo(sdp) : sdp; }

  /**
   * A description of mine, as I take what comes.
   * @param {RTCSessionDescriptionInit} description
   */
  #taken({ type, sdp = '' }) { return { type, sdp: this.#takesStereo ? inStereo(sdp) : sdp }; }

  #changed() {
    const state = this.#connection.connectionState;
    if (state === 'connected') this.#wasConnected = true;
    this.#outside.state(state);
    clearTimeout(this.#interrupted);
    if (state === 'failed') void this.restart();
    if (state === 'disconnected') this.#interrupted = setTimeout(() => void this.restart(), INTERRUPTED);
  }
}

/**
 * Who is heard on an m-line of sound, by the number that his packets carry; null: nobody is.
 * @param {RTCRtpReceiver} receiver
 */
function numberOf(receiver) {
  const sources = [...receiver.getContributingSources?.() ?? []];
  const [latest] = sources.sort((a, b) => b.timestamp - a.timestamp);
  return latest && since(latest.timestamp) < STILL ? latest.source : null;
}

/**
 * Milliseconds since a time that counts from the page's beginning or, as some browsers have it, from 1970.
 * @param {number} time
 * @param {number} [now]
 */
export function since(time, now = performance.now()) {
  return now - time + (time > performance.timeOrigin / 2 ? performance.timeOrigin : 0);
}
