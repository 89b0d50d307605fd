// What I publish: told to the service, and sent by every way there is. Knows no network.

import { Own } from './own.js';
import { maySend } from './permission/role.js';
import { Word } from './permission/word.js';

/** @typedef {import('./own.js').Tracks} Tracks */
/** @typedef {import('./own.js').Shown} Shown */
/** @typedef {import('./protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./protocol.d.ts').Publishing} Publishing */
/** @typedef {import('./protocol.d.ts').Source} Source */

/** @type {Publishing} */
const NOTHING = { microphone: false, camera: false, screen: false };
const SOURCES = /** @type {(keyof Publishing)[]} */ (Object.keys(NOTHING));

/**
 * @typedef {object} Outside
 * @property {(publishing: Publishing) => boolean} tell  tells the service; whether it may hear it
 * @property {() => unknown} sendVoice
 * @property {() => unknown} sendPictures
 * @property {() => void} screenEnded  mine is shown no more, and not by my doing
 */

export class Publisher {
  #own; #outside;
  #word = new Word();
  #sends = true;

  /**
   * @param {Tracks} devices
   * @param {Outside} outside
   */
  constructor(devices, outside) {
    this.#own = new Own(devices);
    this.#outside = outside;
  }

  /** Who only listens sends nothing, whatever he has. @returns {Publishing} */
  get publishing() { return this.#sends ? this.#own.publishing : NOTHING; }

  /** Which of my devices are on. */
  get devices() { return this.#own.devices; }

  /** The sound that is sent. */
  get voice() { return this.#sends ? this.#own.voice : null; }

  /** The picture that is sent. @param {Source} source */
  track(source) { return this.#sends ? this.#own.track(source) : null; }

  /** @param {MediaStreamTrack | null} track  mine from now on */
  async useMicrophone(track) {
    this.#own.use({ microphone: track });
    this.tell();
    await this.#outside.sendVoice();
  }

  /** @param {MediaStreamTrack | null} track  mine from now on */
  async useCamera(track) {
    this.#own.use({ camera: track });
    await this.#picturesChanged();
  }

  /**
   * Shows everyone a screen from now on, in place of one that was shown; null: none.
   * @param {Shown | null} shown
   */
  async shareScreen(shown) {
    this.#own.show(shown, () => this.#screenEnded());
    await this.#picturesChanged();
    await this.#outside.sendVoice();
  }

  /** Tells what of mine is on. */
  tell() {
    const { publishing } = this;
    if (this.#outside.tell(publishing)) this.#word.say(publishing);
  }

  /** The service knows nothing of what was told before. */
  forget() { this.#word.forget(); }

  /** What of mine may stay on, by the service's last word. @param {ParticipantInfo} me */
  mayStayOn(me) {
    const may = this.#word.hear(me);
    if (!may.microphone && this.#own.silenceScreen()) void this.#outside.sendVoice();
    return may;
  }

  /** I am in, and may do this. @param {ParticipantInfo} me */
  enter({ role, publishing }) {
    this.#sends = maySend(role);
    // Something may have come or gone while nobody heard it.
    if (SOURCES.some((source) => publishing[source] !== this.publishing[source])) this.tell();
  }

  /** What I may is another. @param {ParticipantInfo} me */
  obey({ role, permissions }) {
    const sends = maySend(role);
    if (sends !== this.#sends) {
      this.#sends = sends;
      void this.#outside.sendVoice();
      void this.#outside.sendPictures();
    }
    if (this.publishing.screen && !permissions.screen) this.#screenEnded();
  }

  close() { this.#own.close(); }

  async #picturesChanged() {
    this.tell();
    await this.#outside.sendPictures();
  }

  #screenEnded() {
    this.#outside.screenEnded();
    void this.shareScreen(null);
  }
}
