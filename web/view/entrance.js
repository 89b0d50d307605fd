// The view before one is in: a name, the devices, what is to be known.

import { list, open } from '../codec/devices.js';
import { say } from '../i18n.js';
import { element } from './elements.js';

/** @typedef {import('../codec/devices.js').Devices} Devices */
/** @typedef {import('../protocol.d.ts').Wishes} Wishes */

const DEVICES = ['camera', 'microphone', 'music'];

// Milliseconds that Join waits for devices that are being opened.
const PATIENCE = 1_000;

export class Entrance {
  #form = /** @type {HTMLFormElement} */ (element('join'));
  #preview = /** @type {HTMLVideoElement} */ (element('preview'));
  /** @type {Devices} */ #devices = { camera: null, microphone: null, trouble: null };

  /** @param {(name: string, devices: Devices, wishes: Wishes) => Promise<void>} join */
  constructor(join) {
    this.#field('name').value = localStorage.getItem('name') ?? '';
    this.#form.addEventListener('change', ({ target }) => {
      if (DEVICES.includes(/** @type {HTMLInputElement} */ (target).name)) void this.#reopen();
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit(join);
    });
  }

  /** @param {string} title */
  set title(title) { element('heading').textContent = say('joinHeading', { title }); }

  /** Asks for the devices, and offers what there is. */
  async open() {
    await this.#use({ camera: '', microphone: '', music: false });
    const { cameras, microphones } = await list();
    fill(this.#field('camera'), cameras, say('noCamera'), this.#devices.camera);
    fill(this.#field('microphone'), microphones, say('noMicrophone'), this.#devices.microphone);
  }

  /** @param {string} why */
  refuse(why) {
    element('trouble').textContent = why;
    element('trouble').hidden = false;
    this.#busy(false);
  }

  /** Gives up the devices, unless they are in the conference. */
  close() {
    this.#preview.srcObject = null;
    this.#devices.camera?.stop();
    this.#devices.microphone?.stop();
  }

  /** @param {(name: string, devices: Devices, wishes: Wishes) => Promise<void>} join */
  async #submit(join) {
    const name = this.#field('name').value;
    localStorage.setItem('name', name);
    element('trouble').hidden = true;
    this.#busy(true);
    // Who leaves the browser's question unanswered joins without devices.
    await Promise.race([this.#opening, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    await join(name, this.#devices, this.#wishes());
  }

  #wishes() {
    const { checked: relays } = this.#field('relays');
    const { checked: hides_address } = this.#field('hides');
    return { relays: relays && !isMetered(), hides_address, uplink: this.#field('uplink').valueAsNumber };
  }

  /** @type {Promise<void>} */ #opening = Promise.resolve();

  #reopen() {
    const chosen = (/** @type {string} */ name) => {
      const { value } = this.#field(name);
      return value === 'none' ? null : value;
    };
    const music = /** @type {HTMLInputElement} */ (this.#field('music')).checked;
    return this.#use({ camera: chosen('camera'), microphone: chosen('microphone'), music });
  }

  /** @param {import('../codec/devices.js').Choice} choice */
  #use(choice) {
    this.#opening = this.#opening.then(async () => {
      this.close();
      this.#devices = await open(choice);
      const { camera, trouble } = this.#devices;
      this.#preview.srcObject = camera ? new MediaStream([camera]) : null;
      element('notice').textContent = trouble ? say(trouble) : '';
      element('notice').hidden = !trouble;
    });
    return this.#opening;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    const button = /** @type {HTMLButtonElement} */ (this.#form.querySelector('button'));
    button.disabled = busy;
    button.textContent = say(busy ? 'joining' : 'join');
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

/**
 * @param {HTMLElement} select
 * @param {MediaDeviceInfo[]} devices
 * @param {string} none
 * @param {MediaStreamTrack | null} current
 */
function fill(select, devices, none, current) {
  const option = (/** @type {string} */ text, /** @type {string} */ value) => new Option(text, value);
  select.replaceChildren(...devices.map((device) => option(device.label || device.deviceId, device.deviceId)), option(none, 'none'));
  /** @type {HTMLSelectElement} */ (select).value = current?.getSettings().deviceId ?? 'none';
}
