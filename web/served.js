// What goes by the server: the leg, one after the other if it has to be, with what is said of it and sent on it.

import { Leg } from './leg.js';

/** @typedef {import('./protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('./protocol.d.ts').SoundMode} SoundMode */
/** @typedef {import('./registration/handlers.js').Handlers} Handlers */
/** @typedef {import('./view/contract.d.ts').View} View */
/** @typedef {import('./protocol.d.ts').Source} Source */

/**
 * @typedef {object} Outside
 * @property {(message: ClientMessage) => boolean} send
 * @property {() => MediaStreamTrack | null} voice  my sound
 * @property {(source: Source) => MediaStreamTrack | null} track  mine, while it is on
 * @property {() => void} anew  there was a leg, and another takes its place
 * @property {() => void} ready  its slots are there
 * @property {() => void} shaky  it carries nothing at the moment
 * @property {Pick<View, 'sound' | 'voices' | 'soundMode' | 'connection'>} view
 */

export class Served {
  #outside;
  /** @type {Leg | null} */ #leg = null;
  /** Which of mine the service needs. @type {Set<Source>} */ #needed = new Set();
  /** What it has said so of since one came back. @type {Set<Source>} */ #said = new Set();
  #hearsVoices = false;
  /** How everyone gets the others' sound. @type {SoundMode} */ soundMode = 'mix';

  /** @param {Outside} outside */
  constructor(outside) { this.#outside = outside; }

  get leg() { return this.#leg; }

  /** Whether the leg is of any use still: one that never was connected is not. */
  get isUseful() { return this.#leg?.wasConnected ?? false; }

  /** @returns {Handlers} */
  handlers() {
    return {
      offer: (offer) => void this.#answer(offer),
      candidate: ({ candidate, mline_index }) => void this.#leg?.candidate(candidate, mline_index),
      restarted: ({ answer }) => void this.#leg?.restarted(answer),
      server_needs: ({ source, needed }) => this.#need(source, needed),
      layers: ({ source, needed }) => { if (source === 'camera') void this.#leg?.needLayers(needed); },
      sound: ({ mode }) => this.soundIs(mode),
    };
  }

  /** @param {SoundMode} mode */
  soundIs(mode) {
    this.soundMode = mode;
    this.#outside.view.soundMode(mode);
    this.#hearVoices();
  }

  /** My sound is another. */
  async sendVoice() { await this.#leg?.sendMicrophone(this.#outside.voice()); }

  /** A picture is another, on or off. */
  async send() {
    const needed = (/** @type {Source} */ source) => (this.#needed.has(source) ? this.#outside.track(source) : null);
    await this.#leg?.sendCamera(needed('camera'));
    await this.#leg?.sendScreen(needed('screen'));
  }

  /** One has come back, from wherever one is now. */
  resume() {
    this.#said.clear();
    void this.#leg?.restart();
  }

  /** The service has said all that it needs. */
  resumed() { for (const source of this.#needed) if (!this.#said.has(source)) this.#need(source, false); }

  close() {
    this.#leg?.close();
    this.#leg = null;
    this.#hearsVoices = false;
    this.#needed.clear();
  }

  /** @param {import('./leg.js').Offer} offer */
  async #answer(offer) {
    if (this.#leg) this.#outside.anew();
    this.#leg?.close();
    this.#hearsVoices = false;
    const { voice, view, send } = this.#outside;
    const leg = this.#leg = new Leg({ send }, voice(), { sound: view.sound, state: (state) => this.#changed(state) });
    await leg.answer(offer);
    this.#hearVoices();
    await this.send();
    this.#outside.ready();
  }

  /** @param {RTCPeerConnectionState} state */
  #changed(state) {
    this.#outside.view.connection(state, this.#leg?.doors ?? []);
    if (state === 'disconnected' || state === 'failed') this.#outside.shaky();
  }

  /**
   * @param {Source} source
   * @param {boolean} needed
   */
  #need(source, needed) {
    this.#said.add(source);
    if (needed) this.#needed.add(source);
    else this.#needed.delete(source);
    void this.send();
  }

  /** Played once sound is relayed for the first time: what is only mixed costs the browser nothing more. */
  #hearVoices() {
    const voices = this.#leg?.voices ?? [];
    if (this.#hearsVoices || this.soundMode === 'mix' || voices.length === 0) return;
    this.#hearsVoices = true;
    this.#outside.view.voices(voices);
  }
}
