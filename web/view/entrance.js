// The view before one is in: a name, the devices, what is to be known.

import { say } from '../i18n.js';
import { forGood } from '../kept.js';
import { element } from './elements.js';
import { Pickers } from './pickers.js';

/** @typedef {import('../codec/devices.js').Devices} Devices */
/** @typedef {import('../protocol.d.ts').Wishes} Wishes */

// Milliseconds that Join waits for devices that are being opened. What comes later comes into the conference.
const PATIENCE = 300;

export class Entrance {
  #form = /** @type {HTMLFormElement} */ (element('join'));
  #pickers = new Pickers();

  /**
   * @param {(name: string, devices: Devices, wishes: Wishes) => Promise<void>} join
   * @param {(late: Devices) => void} bring  all that one has now
   */
  constructor(join, bring) {
    this.#field('name').value = forGood.get('name') ?? '';
    this.#initial();
    this.#field('name').addEventListener('input', () => this.#initial());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit(join, bring);
    });
  }

  /** @param {string} title */
  set title(title) { element('heading').textContent = say('joinHeading', { title }); }

  /** Asks for the devices, and offers what there is. */
  async open() { await this.#pickers.open(); }

  /** When nothing is being opened any more. */
  get ready() { return this.#pickers.ready; }

  /**
   * Presses Join for somebody. Whether there was a button to press.
   * @param {{name: string, microphone?: boolean, camera?: boolean}} how
   */
  submit({ name, microphone, camera }) {
    if (this.#button.disabled) return false;
    this.#field('name').value = name;
    if (!this.#form.reportValidity()) return false;
    this.#pickers.set({ microphone, camera });
    this.#form.requestSubmit();
    return true;
  }

  /** @param {string} why */
  refuse(why) {
    element('trouble').textContent = why;
    element('trouble').hidden = false;
    this.#pickers.giveBack();
    this.#busy(false);
  }

  /** Gives up the devices, also those that are in the conference. */
  close() { this.#pickers.close(); }

  /**
   * @param {(name: string, devices: Devices, wishes: Wishes) => Promise<void>} join
   * @param {(late: Devices) => void} bring
   */
  async #submit(join, bring) {
    const name = this.#field('name').value;
    forGood.put('name', name);
    element('trouble').hidden = true;
    this.#busy(true);
    // Who leaves the browser's question unanswered joins without devices.
    await Promise.race([this.#pickers.ready, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    await join(name, this.#pickers.take(), this.#wishes());
    await this.#pickers.ready;
    bring(this.#pickers.devices);
  }

  #wishes() {
    const { checked: relays } = this.#field('relays');
    const { checked: hides_address } = this.#field('hides');
    return { relays: relays && !isMetered(), hides_address, uplink: this.#field('uplink').valueAsNumber };
  }

  /** What stands where there is no picture. */
  #initial() {
    element('initial').textContent = [...this.#field('name').value.trim()][0]?.toUpperCase() ?? '';
  }

  get #button() { return /** @type {HTMLButtonElement} */ (element('enter')); }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#button.disabled = busy;
    this.#button.textContent = say(busy ? 'joining' : 'join');
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }
}

/** A phone, or a connection that is paid by the byte: it passes nothing on. */
function isMetered() {
  const { userAgentData, connection } = /** @type {Navigator & {userAgentData?: {mobile: boolean}, connection?: {type?: string, saveData?: boolean}}} */ (navigator);
  const mobile = userAgentData?.mobile ?? /Mobi|Android/.test(navigator.userAgent);
  return mobile || connection?.type === 'cellular' || connection?.saveData === true;
}
