// What opens before the conference: the devices of now, and the keys. Knows no network.

import { list } from '../codec/devices.js';
import { choosable, hasPicker, pick } from '../codec/speakers.js';
import { say } from '../i18n.js';
import { forGood } from '../kept.js';
import { element } from './elements.js';
import { iconButton } from './icons.js';
import { KEYS } from './shortcuts.js';

/** @typedef {import('../i18n.js').Key} Key */

const KEPT = 'shortcuts';

/**
 * @typedef {object} Choosing
 * @property {import('../media.js').Media} media
 * @property {import('./sound.js').Sound} sound
 * @property {boolean} sends  whether there is anything to choose but the loudspeaker
 */

/** Camera, microphone and loudspeaker, while they are in use. */
export class Settings {
  #sheet = sheet('devices', 'settings');

  /** @param {Choosing} choosing */
  async open(choosing) {
    await this.#fill(choosing);
    this.#sheet.dialog.showModal();
  }

  /** @param {Choosing} choosing */
  async #fill(choosing) {
    const { media, sound, sends } = choosing;
    const there = await list();
    const { camera, microphone, music } = media.choice;
    const fields = sends ? [
      choice('camera', there.camera, camera.id, (known) => media.choose({ camera: known })),
      choice('microphone', there.microphone, microphone.id, (known) => media.choose({ microphone: known })),
      check('music', music, (on) => media.choose({ music: on })),
    ] : [];
    if (choosable() && there.speaker.length > 0) {
      fields.push(choice('speaker', there.speaker, sound.speaker, ({ id }) => sound.useSpeaker(id)));
    }
    this.#sheet.body.replaceChildren(...fields, ...(choosable() && hasPicker() ? [this.#picker(choosing)] : []));
  }

  /** Firefox lists no speaker that was not picked in its own picker. @param {Choosing} choosing */
  #picker(choosing) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = say('pickSpeaker');
    button.onclick = async () => {
      const picked = await pick();
      if (!picked) return;
      await choosing.sound.useSpeaker(picked.deviceId);
      await this.#fill(choosing);
    };
    return button;
  }
}

/** The keys that press buttons; and whether they do. */
export class Help {
  #sheet = sheet('keys', 'shortcuts');
  #changed;

  /** @param {() => void} changed */
  constructor(changed) { this.#changed = changed; }

  /** Whether single keys are shortcuts. */
  get usesKeys() { return forGood.get(KEPT) !== 'off'; }

  open() {
    const rows = [...Object.entries(KEYS).map(([key, command]) => row(key.toUpperCase(), say(WORDS[command]))), row(say('space'), say('holdToTalk'))];
    const keys = document.createElement('dl');
    keys.append(...rows.flat());
    const uses = check('useShortcuts', this.usesKeys, (on) => {
      forGood.put(KEPT, on ? 'on' : 'off');
      this.#changed();
    });
    this.#sheet.body.replaceChildren(keys, uses);
    this.#sheet.dialog.showModal();
  }
}

/** @type {Record<import('./shortcuts.js').Command, Key>} */
const WORDS = {
  microphone: 'keyMicrophone', camera: 'keyCamera', hand: 'keyHand', layout: 'keyLayout', fullscreen: 'fullscreen',
  statistics: 'statistics', help: 'shortcuts',
};

/**
 * @param {string} id
 * @param {Key} title
 */
function sheet(id, title) {
  const dialog = /** @type {HTMLDialogElement} */ (element(id));
  const heading = document.createElement('h2');
  heading.textContent = say(title);
  dialog.ariaLabel = say(title);
  const body = document.createElement('div');
  body.className = 'body';
  const head = document.createElement('header');
  head.append(heading, iconButton('close', say('close'), 'corner', () => dialog.close()));
  dialog.replaceChildren(head, body);
  // A click beside it closes it.
  dialog.onclick = ({ target }) => { if (target === dialog) dialog.close(); };
  return { dialog, body };
}

/**
 * @param {'camera' | 'microphone' | 'speaker'} kind
 * @param {MediaDeviceInfo[]} devices
 * @param {string} current
 * @param {(known: import('../codec/choices.js').Known) => Promise<void>} choose
 */
function choice(kind, devices, current, choose) {
  const label = document.createElement('label');
  const text = document.createElement('span');
  text.textContent = say(kind);
  const select = document.createElement('select');
  select.name = kind;
  select.append(...devices.map(({ label: shown, deviceId }, i) => new Option(shown || String(i + 1), deviceId)));
  select.value = devices.some(({ deviceId }) => deviceId === current) ? current : devices[0]?.deviceId ?? '';
  select.disabled = devices.length === 0;
  select.onchange = () => void choose({ id: select.value, label: select.selectedOptions[0]?.label ?? '' });
  label.append(text, select);
  return label;
}

/**
 * @param {Key} words
 * @param {boolean} on
 * @param {(on: boolean) => void} choose
 */
function check(words, on, choose) {
  const label = document.createElement('label');
  label.className = 'check';
  const text = document.createElement('span');
  text.textContent = say(words);
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: on });
  box.onchange = () => choose(box.checked);
  label.append(box, text);
  return label;
}

/**
 * @param {string} key
 * @param {string} words
 */
function row(key, words) {
  const term = document.createElement('dt');
  const shown = document.createElement('kbd');
  shown.textContent = key;
  term.append(shown);
  const meaning = document.createElement('dd');
  meaning.textContent = words;
  return [term, meaning];
}
