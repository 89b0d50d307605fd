// What of mine the others get: which tracks, and whether each is on. Knows no network.

import { Blend } from './codec/blend.js';

/** @typedef {import('./protocol.d.ts').Source} Source */
/** @typedef {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null}} Tracks */
/** @typedef {{picture: MediaStreamTrack, sound: MediaStreamTrack | null}} Shown  a screen, and what sounds on it */

export class Own {
  #devices;
  /** @type {Shown | null} */ #shown = null;
  #blend = new Blend();

  /** @param {Tracks} devices */
  constructor(devices) { this.#devices = devices; }

  /** @param {Partial<Tracks>} devices  used from now on */
  use(devices) { this.#devices = { ...this.#devices, ...devices }; }

  /** Whether the devices are on. */
  get devices() { return { microphone: this.#devices.microphone?.enabled ?? false, camera: this.#devices.camera?.enabled ?? false }; }

  /** What the others get. The sound of a screen is heard as my voice is, and falls silent with it. */
  get publishing() {
    const { microphone, camera } = this.devices;
    return { microphone: microphone || Boolean(this.#shown?.sound), camera, screen: this.#shown !== null };
  }

  /**
   * The picture that is sent.
   * @param {Source} source
   */
  track(source) {
    if (source === 'screen') return this.#shown?.picture ?? null;
    return this.#devices.camera?.enabled ? this.#devices.camera : null;
  }

  /** The sound that is sent. */
  get voice() { return this.#blend.of(this.#devices.microphone, this.#shown?.sound ?? null); }

  /**
   * Another screen is shown, or none.
   * @param {Shown | null} shown
   * @param {() => void} ended  it is shown no more, by the browser's own means
   */
  show(shown, ended) {
    this.silenceScreen();
    this.#shown?.picture.stop();
    this.#shown = shown;
    if (shown) shown.picture.onended = () => { if (this.#shown?.picture === shown.picture) ended(); };
  }

  /** The screen is seen on, and not heard any more; whether it was. */
  silenceScreen() {
    const sound = this.#shown?.sound;
    if (!this.#shown || !sound) return false;
    sound.stop();
    this.#shown = { ...this.#shown, sound: null };
    return true;
  }

  close() {
    this.show(null, () => {});
    this.#blend.close();
  }
}
