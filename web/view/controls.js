// The bar of controls and its menu: what the buttons say, whether they can be pressed, and the keys that press them. Knows
// no network: what is done is told to the stage.

import { say } from '../i18n.js';
import { maySend } from '../permission/role.js';
import { element } from './elements.js';
import { dress, dressAll } from './icons.js';
import { TalkKey, meaning } from './shortcuts.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./shortcuts.js').Command} Command */
/** @typedef {Command | 'screen' | 'settings' | 'cameras' | 'picture' | 'leave' | 'end' | 'relay' | 'hear'} Button */

/**
 * @typedef {object} Doing
 * @property {Record<Button, () => void>} press
 * @property {(on: boolean) => void} talk  a key is held to talk, or not any more
 * @property {() => boolean} usesKeys  whether single keys are shortcuts
 */

// Narrower than this, the buttons that are not needed at any time are in the menu.
const NARROW = '(max-width: 640px)';

export class Controls {
  #doing;
  #talkKey = new TalkKey();
  #narrow = matchMedia(NARROW);
  /** @type {{microphone: boolean, camera: boolean, hand: boolean}} */ #on = { microphone: false, camera: false, hand: false };

  /** @param {Doing} doing */
  constructor(doing) {
    this.#doing = doing;
    element('controls').ariaLabel = say('controls');
    dressAll(element('room'));
    for (const [id, press] of Object.entries(doing.press)) this.#listen(element(id), press);
    this.#narrow.onchange = () => this.#arrange();
    this.#arrange();
    addEventListener('keydown', (event) => this.#down(event));
    addEventListener('keyup', ({ key }) => { if (key === ' ') this.#up(); });
    // Whoever looks elsewhere holds no key of ours any more.
    addEventListener('blur', () => this.#up());
    element('picture').hidden = !('documentPictureInPicture' in window || document.pictureInPictureEnabled);
    element('fullscreen').hidden = !document.fullscreenEnabled;
    document.addEventListener('fullscreenchange', () => this.#showFullscreen());
    this.#showFullscreen();
    this.showKeys();
  }

  /**
   * What of mine is on.
   * @param {{microphone: boolean, camera: boolean}} on
   */
  show({ microphone, camera }) {
    this.#on = { ...this.#on, microphone, camera };
    toggle('microphone', microphone, ['mute', 'unmute']);
    toggle('camera', camera, ['stopCamera', 'startCamera']);
  }

  /**
   * What I may, and whether my hand is up.
   * @param {ParticipantInfo} me
   */
  me({ role, permissions, hand }) {
    for (const which of /** @type {const} */ (['microphone', 'camera'])) {
      const button = /** @type {HTMLButtonElement} */ (element(which));
      button.hidden = !maySend(role);
      button.disabled = !permissions[which];
      if (button.disabled) dress(button, `${which}-off`, say(which === 'microphone' ? 'microphoneForbidden' : 'cameraForbidden'));
    }
    // Of a button that could be pressed again the words are right again.
    this.show(this.#on);
    this.#on.hand = hand !== null;
    dress(element('hand'), 'hand', say(this.#on.hand ? 'lowerHand' : 'raiseHand'));
    element('hand').classList.toggle('active', this.#on.hand);
    for (const id of ['end', 'relay']) element(id).hidden = role !== 'moderator';
  }

  get handIsUp() { return this.#on.hand; }

  /** @param {import('./floor.js').Layout} layout */
  layout(layout) {
    dress(element('layout'), layout === 'grid' ? 'speaker' : 'grid', say(layout === 'grid' ? 'speakerView' : 'gridView'));
  }

  /** @param {import('../protocol.d.ts').SoundMode} mode */
  sound(mode) { dress(element('relay'), 'waves', say(mode === 'mix' ? 'relaySound' : 'mixSound')); }

  /** @param {boolean} on  whether those of others are seen */
  cameras(on) { dress(element('cameras'), on ? 'camera-off' : 'camera', say(on ? 'hideCameras' : 'showCameras')); }

  /** @param {boolean} on  whether a screen of mine is shared */
  sharing(on) {
    dress(element('screen'), on ? 'screen-off' : 'screen', say(on ? 'stopScreen' : 'shareScreen'));
    element('screen').classList.toggle('active', on);
  }

  /** @param {boolean} open */
  statistics(open) { element('statistics').ariaExpanded = String(open); }

  /** Whether keys are shortcuts is another now. */
  showKeys() {
    const uses = this.#doing.usesKeys();
    for (const button of element('room').querySelectorAll('[data-key]')) {
      const { key = '' } = /** @type {HTMLElement} */ (button).dataset;
      if (uses) button.setAttribute('aria-keyshortcuts', key);
      else button.removeAttribute('aria-keyshortcuts');
    }
    element('room').classList.toggle('keyless', !uses);
  }

  /**
   * @param {HTMLElement} button
   * @param {() => void} press
   */
  #listen(button, press) {
    button.onclick = ({ detail }) => {
      press();
      const menu = element('menu');
      if (menu.contains(button) && menu.matches(':popover-open')) menu.hidePopover();
      // After a click the focus is of no use there, and would take the space bar from whoever holds it to talk.
      else if (detail > 0) button.blur();
    };
  }

  #arrange() {
    const wide = element('room').querySelectorAll('.controls .wide');
    for (const button of wide) {
      button.classList.toggle('row', this.#narrow.matches);
      button.classList.toggle('control', !this.#narrow.matches);
    }
    if (this.#narrow.matches) element('menu').prepend(...wide);
    else element('more').before(...wide);
  }

  #showFullscreen() {
    dress(element('fullscreen'), 'fullscreen', say(document.fullscreenElement ? 'leaveFullscreen' : 'fullscreen'));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (element('room').hidden || !this.#doing.usesKeys() || document.querySelector('dialog[open]')) return;
    const means = meaning(event, document.activeElement);
    if (means === 'talk') this.#talk(event);
    else if (means && this.#canPress(means)) this.#doing.press[means]();
  }

  /** @param {Command} command */
  #canPress(command) {
    const button = /** @type {HTMLButtonElement} */ (element(command));
    return !button.hidden && !button.disabled;
  }

  /** @param {KeyboardEvent} event */
  #talk(event) {
    event.preventDefault();
    if (this.#canPress('microphone') && this.#talkKey.down(!this.#on.microphone)) this.#doing.talk(true);
  }

  #up() { if (this.#talkKey.up()) this.#doing.talk(false); }
}

/**
 * A button that says what it will do.
 * @param {'microphone' | 'camera'} id
 * @param {boolean} on
 * @param {[import('../i18n.js').Key, import('../i18n.js').Key]} words  to switch off, to switch on
 */
function toggle(id, on, [off, start]) {
  const button = /** @type {HTMLButtonElement} */ (element(id));
  if (button.disabled) return;
  dress(button, on ? id : `${id}-off`, say(on ? off : start));
  button.classList.toggle('off', !on);
}
