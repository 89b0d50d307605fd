// The view of somebody who has knocked and is not in yet.

import { say } from '../i18n.js';
import { element, only } from './elements.js';
import { dayAndTime, fromNow } from './when.js';

/** @typedef {import('../protocol.d.ts').WaitsFor} WaitsFor */
/** @typedef {import('../protocol.d.ts').ConferenceInfo} ConferenceInfo */

// Milliseconds between two looks at the clock: it is told in minutes.
const LOOK = 10_000;

export class Waiting {
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;

  /** @param {() => void} leave */
  constructor(leave) {
    element('unwait').onclick = leave;
  }

  /**
   * @param {WaitsFor} until
   * @param {ConferenceInfo} conference
   */
  show(until, { title, starts_at }) {
    document.title = title || say('untitled');
    element('awaited').textContent = title || say('untitled');
    element('until').textContent = say(until === 'moderator' ? 'waitingForModerator' : 'waitingForStart');
    clearInterval(this.#clock);
    element('begins').hidden = until !== 'start' || starts_at === null;
    if (until === 'start' && starts_at !== null) {
      const tell = () => { element('begins').textContent = `${dayAndTime(starts_at)} (${fromNow(starts_at)})`; };
      tell();
      this.#clock = setInterval(tell, LOOK);
    }
    only('waiting');
  }

  close() { clearInterval(this.#clock); }
}
