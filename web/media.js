// What I send: my camera and my microphone, on or off, and which they are. Knows no DOM but the media devices.
//
// A camera that is off is given back, so that its light goes out; a microphone is only muted, since whoever talks while a
// key is held cannot wait for it.

import { ANY } from './codec/choices.js';
import { isMusic, knownOf, open } from './codec/devices.js';

/** @typedef {import('./codec/devices.js').Devices} Devices */
/** @typedef {import('./codec/devices.js').Kind} Kind */
/** @typedef {import('./codec/devices.js').Opened} Opened */
/** @typedef {import('./codec/choices.js').Known} Known */

/**
 * @typedef {object} Outside
 * @property {(track: MediaStreamTrack | null) => Promise<void>} useMicrophone
 * @property {(track: MediaStreamTrack | null) => Promise<void>} useCamera
 * @property {() => void} published  something is on or off now
 * @property {() => void} changed  what is to be seen of it
 * @property {(kind: Kind, opened: Opened) => void} failed  one did not open, or another in its place
 */

export class Media {
  #devices; #outside;
  #closed = false;
  /** Which ones, when they are opened. */
  #choice = { camera: ANY, microphone: ANY, music: false };
  // Devices are opened one after the other: the last wish is the one that holds.
  /** @type {Promise<void>} */ #done = Promise.resolve();

  /**
   * @param {Devices} devices  those that one came with; kept up to date
   * @param {Outside} outside
   */
  constructor(devices, outside) {
    this.#devices = devices;
    this.#outside = outside;
    const { camera, microphone } = devices;
    this.#know(camera, microphone);
    // Who came unseen came with a camera all the same.
    if (camera && !camera.enabled) {
      camera.stop();
      devices.camera = null;
    }
  }

  get choice() { return this.#choice; }

  get camera() { return this.#devices.camera; }

  /** Whether it is on. */
  get microphoneIsOn() { return this.#devices.microphone?.enabled ?? false; }

  get cameraIsOn() { return this.#devices.camera?.enabled ?? false; }

  /**
   * Those that one wanted to come with, and that were opened only now: what was opened meanwhile, and works, stays.
   * @param {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null}} late
   */
  bring({ camera, microphone }) {
    return this.#then(async () => {
      if (microphone && this.#lacks(microphone, this.#devices.microphone)) {
        this.#know(null, microphone);
        await this.#useMicrophone(microphone);
      }
      if (camera && this.#lacks(camera, this.#devices.camera)) {
        this.#know(camera, null);
        if (camera.enabled) await this.#useCamera(camera);
        else camera.stop();
      }
    });
  }

  /** @param {boolean} on */
  switchMicrophone(on) {
    const { microphone } = this.#devices;
    if (on && !microphone) return this.#then(() => this.#openMicrophone(true));
    if (microphone && microphone.enabled !== on) {
      microphone.enabled = on;
      this.#outside.published();
      this.#outside.changed();
    }
    return this.#done;
  }

  /** @param {boolean} on */
  switchCamera(on) {
    return this.#then(async () => {
      if (on === this.cameraIsOn) return;
      if (on) await this.#openCamera();
      else await this.#closeCamera();
    });
  }

  /**
   * Others from now on; what is off stays off.
   * @param {Partial<{camera: Known, microphone: Known, music: boolean}>} choice
   */
  choose(choice) {
    return this.#then(async () => {
      const { camera, microphone, music } = this.#choice;
      this.#choice = { ...this.#choice, ...choice };
      if (this.#choice.camera.id !== camera.id && this.cameraIsOn) await this.#openCamera();
      const other = this.#choice.microphone.id !== microphone.id || this.#choice.music !== music;
      if (other && this.#devices.microphone) await this.#openMicrophone(this.microphoneIsOn);
    });
  }

  /**
   * What the service lets through; all else goes off.
   * @param {{microphone: boolean, camera: boolean}} may
   */
  obey(may) {
    if (!may.microphone) void this.switchMicrophone(false);
    if (!may.camera) void this.switchCamera(false);
  }

  /** Gives all back. */
  close() {
    this.#closed = true;
    this.#devices.camera?.stop();
    this.#devices.microphone?.stop();
  }

  /** @param {boolean} on */
  async #openMicrophone(on) {
    const track = await this.#open('microphone');
    if (!track) return;
    track.enabled = on;
    await this.#useMicrophone(track);
  }

  async #openCamera() {
    const track = await this.#open('camera');
    if (track) await this.#useCamera(track);
  }

  /** @param {MediaStreamTrack} track */
  async #useMicrophone(track) {
    const before = this.#devices.microphone;
    this.#devices.microphone = track;
    await this.#outside.useMicrophone(track);
    before?.stop();
    this.#outside.changed();
  }

  /** @param {MediaStreamTrack} track */
  async #useCamera(track) {
    const before = this.#devices.camera;
    this.#devices.camera = track;
    await this.#outside.useCamera(track);
    before?.stop();
    this.#outside.changed();
  }

  /** @param {Kind} kind */
  async #open(kind) {
    const opened = await open(kind, this.#choice[kind], this.#choice.music);
    if (!opened.track || opened.gone) this.#outside.failed(kind, opened);
    if (!opened.track || !this.#closed) {
      this.#watch(opened.track);
      return opened.track;
    }
    opened.track.stop();
    return null;
  }

  async #closeCamera() {
    const { camera } = this.#devices;
    this.#devices.camera = null;
    await this.#outside.useCamera(null);
    camera?.stop();
    this.#outside.changed();
  }

  /**
   * Whether this is to be used; if not, it is given back, unless it is mine already.
   * @param {MediaStreamTrack} track
   * @param {MediaStreamTrack | null} mine
   */
  #lacks(track, mine) {
    const lacks = !this.#closed && track.readyState === 'live' && mine?.readyState !== 'live';
    if (!lacks && track !== mine) track.stop();
    return lacks;
  }

  /**
   * One has these, whether they are on or off.
   * @param {MediaStreamTrack | null} camera
   * @param {MediaStreamTrack | null} microphone
   */
  #know(camera, microphone) {
    if (camera) this.#choice.camera = knownOf(camera);
    if (microphone) {
      this.#choice.microphone = knownOf(microphone);
      this.#choice.music = isMusic(microphone);
    }
    this.#watch(camera);
    this.#watch(microphone);
  }

  /** A device that is pulled out is off. @param {MediaStreamTrack | null} track */
  #watch(track) {
    track?.addEventListener('ended', () => {
      if (this.#devices.camera === track) void this.#then(() => this.#closeCamera());
      if (this.#devices.microphone !== track) return;
      this.#devices.microphone = null;
      void this.#outside.useMicrophone(null).then(() => this.#outside.changed());
    });
  }

  /** @param {() => Promise<void>} change */
  #then(change) {
    this.#done = this.#done.catch((error) => console.warn(`devices: ${error}`)).then(change);
    return this.#done;
  }
}
