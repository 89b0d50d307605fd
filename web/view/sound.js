// What one hears: the mix and, while sound is relayed, the talkers' own voices; by which loudspeaker. Knows no network.

import { playOn } from '../codec/speakers.js';
import { element } from './elements.js';

/** @typedef {import('../leg.js').Voice} Voice */

// Milliseconds between two looks at who is on which m-line, while somebody is to be softer than he is.
const LOOK = 100;

export class Sound {
  #mix = /** @type {HTMLAudioElement} */ (element('sound'));
  /** @type {{audio: HTMLAudioElement, voice: Voice}[]} */ #voices = [];
  /** Of those who are not heard as they are, by their numbers. @type {Map<number, number>} */ #gains = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */ #look;
  #speaker = '';

  get speaker() { return this.#speaker; }

  /** @param {MediaStream} stream */
  hear(stream) {
    this.#mix.srcObject = stream;
    void this.play();
  }

  /**
   * A media element plays one track of sound.
   * @param {Voice[]} voices
   */
  hearVoices(voices) {
    this.#drop();
    this.#voices = voices.map((voice) => ({ voice, audio: Object.assign(document.createElement('audio'), { autoplay: true, srcObject: voice.stream }) }));
    this.#mix.after(...this.#voices.map(({ audio }) => audio));
    void this.useSpeaker(this.#speaker);
    void this.play();
    this.#watch();
  }

  /**
   * In the mix this is done already. Of relayed voices the server leaves out who is not to be heard; who is to be softer is
   * so here, and louder nobody can be.
   * @param {number} number
   * @param {number} gain
   */
  setGain(number, gain) {
    if (gain === 1) this.#gains.delete(number);
    else this.#gains.set(number, gain);
    this.#watch();
  }

  /** @param {string} id  of a device; '' is the one that the system takes */
  async useSpeaker(id) {
    // To an element that was on another one this has to be said, too.
    const elements = this.#elements.filter((audio) => id || /** @type {{sinkId?: string}} */ (audio).sinkId);
    this.#speaker = id;
    await Promise.all(elements.map((audio) => (id ? playOn(audio, id) : audio.setSinkId(''))));
  }

  /** A browser that refuses to play by itself is asked again by a tap. */
  async play() {
    try {
      await Promise.all(this.#elements.map((audio) => audio.play()));
      element('hear').hidden = true;
    } catch (error) {
      element('hear').hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
  }

  clear() {
    this.#mix.srcObject = null;
    this.#drop();
    this.#gains.clear();
    this.#watch();
  }

  get #elements() { return [this.#mix, ...this.#voices.map(({ audio }) => audio)]; }

  #drop() {
    for (const { audio } of this.#voices) {
      audio.srcObject = null;
      audio.remove();
    }
    this.#voices = [];
  }

  #watch() {
    clearInterval(this.#look);
    this.#turn();
    if (this.#gains.size > 0 && this.#voices.length > 0) this.#look = setInterval(() => this.#turn(), LOOK);
  }

  #turn() {
    for (const { audio, voice } of this.#voices) {
      const gain = this.#gains.get(voice.number() ?? -1) ?? 1;
      audio.volume = Math.min(gain, 1);
    }
  }
}
