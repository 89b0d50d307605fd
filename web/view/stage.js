// The view of the conference: tiles, sound and controls. Knows no network.

import { say } from '../i18n.js';
import { maySend } from '../permission/role.js';
import { element } from './elements.js';
import { Sizes } from './sizes.js';
import { Tile } from './tile.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../codec/devices.js').Devices} Devices */

// Milliseconds for which a word stands in the banner.
const WORD = 4_000;

export class Stage {
  /** @type {Map<string, Tile>} */ tiles = new Map();
  /** @type {Set<string>} */ talking = new Set();
  #sound = /** @type {HTMLAudioElement} */ (element('sound'));
  /** @type {HTMLAudioElement[]} */ #voices = [];
  /** @type {Tile | null} */ #own = null;
  #me = '';
  /** @type {import('../room.js').Room | null} */ #room = null;
  #sizes = new Sizes((sizes) => this.#room?.showSizes(sizes));
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #word;

  /**
   * What the buttons do.
   * @param {import('../room.js').Room} room
   * @param {Devices} devices
   * @param {() => void} leave
   */
  control(room, devices, leave) {
    this.#room = room;
    toggle('microphone', devices.microphone, ['mute', 'unmute'], (on) => {
      room.setMicrophone(on);
      if (this.#own) this.#own.muted = !on;
    });
    toggle('camera', devices.camera, ['stopCamera', 'startCamera'], (on) => {
      void room.setCamera(on);
      this.#own?.show(on ? devices.camera : null, 'none', null);
    });
    element('leave').onclick = leave;
    element('end').onclick = () => { if (confirm(say('confirmEnd'))) room.end(); };
    element('relay').onclick = () => room.serveSound(room.soundMode === 'mix' ? 'relay' : 'mix');
    element('copy').onclick = () => void this.#copy();
    element('hear').onclick = () => void this.#play();
  }

  /**
   * @param {ParticipantInfo} me
   * @param {MediaStreamTrack | null} camera
   * @param {boolean} mayEnd
   */
  enter(me, camera, mayEnd) {
    this.#me = me.id;
    this.#own = new Tile(me.name, true);
    this.#own.show(camera, 'none', null);
    this.#own.muted = !me.publishing.microphone;
    element('tiles').append(this.#own.element);
    for (const id of ['end', 'relay']) element(id).hidden = !mayEnd;
    for (const id of ['microphone', 'camera']) element(id).hidden = !maySend(me.role);
    this.#count();
  }

  /**
   * @param {ParticipantInfo} other
   * @returns {import('../pictures.js').Screen}
   */
  add(other) {
    const tile = new Tile(other.name, false);
    tile.muted = !other.publishing.microphone;
    this.tiles.set(other.id, tile);
    element('tiles').append(tile.element);
    this.#count();
    this.#sizes.watch(other.id, tile.element);
    const relayOf = (/** @type {string | null} */ id) => (id ? { id, name: this.tiles.get(id)?.name ?? '' } : null);
    return {
      show: (track, path, relay) => tile.show(track, path, relayOf(relay)),
      explain: (why) => tile.explain(why),
      await: (track, arrived) => tile.await(track, arrived),
    };
  }

  /** @param {ParticipantInfo} other */
  update(other) {
    const tile = this.tiles.get(other.id);
    if (tile) tile.muted = !other.publishing.microphone;
  }

  /** @param {string} id */
  remove(id) {
    const tile = this.tiles.get(id);
    if (tile) this.#sizes.forget(tile.element);
    tile?.remove();
    this.tiles.delete(id);
    this.#count();
  }

  /** @param {import('../room.js').Passed[]} passed  what this page passes on */
  relaying(passed) {
    element('relaying').textContent = passed.map(({ publisher, to }) => say('relaying', { publisher, to })).join(' ');
    element('relaying').hidden = passed.length === 0;
  }

  /** @param {import('../protocol.d.ts').Talker[]} talkers */
  tellTalkers(talkers) {
    this.talking = new Set(talkers.map(({ id }) => id));
    for (const [id, tile] of this.tiles) tile.talking = this.talking.has(id);
    if (this.#own) this.#own.talking = this.talking.has(this.#me);
  }

  /** @param {MediaStream} stream */
  hear(stream) {
    this.#sound.srcObject = stream;
    void this.#play();
  }

  /**
   * A media element plays one track of sound.
   * @param {MediaStream[]} streams
   */
  hearVoices(streams) {
    this.#voices = streams.map((stream) => Object.assign(document.createElement('audio'), { autoplay: true, srcObject: stream }));
    this.#sound.after(...this.#voices);
    void this.#play();
  }

  /** @param {import('../protocol.d.ts').SoundMode} mode */
  tellSoundMode(mode) {
    element('relay').textContent = say(mode === 'mix' ? 'relaySound' : 'mixSound');
  }

  /** @param {RTCPeerConnectionState} state */
  connection(state) {
    if (state === 'connecting') this.#banner(say('connecting'));
    else if (state === 'disconnected' || state === 'failed') this.#banner(say('interrupted'));
    else this.#banner('');
  }

  /** @param {string} word */
  say(word) {
    this.#banner(word);
    clearTimeout(this.#word);
    this.#word = setTimeout(() => this.#banner(''), WORD);
  }

  clear() {
    this.#own?.remove();
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.#sound.srcObject = null;
    for (const voice of this.#voices) {
      voice.srcObject = null;
      voice.remove();
    }
    this.#voices = [];
  }

  /** A browser that refuses to play by itself is asked again by a tap. */
  async #play() {
    try {
      await Promise.all([this.#sound, ...this.#voices].map((sound) => sound.play()));
      element('hear').hidden = true;
    } catch (error) {
      element('hear').hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
  }

  async #copy() {
    const link = `${location.origin}${location.pathname}`;
    try {
      await navigator.clipboard.writeText(link);
      this.say(say('linkCopied'));
    } catch {
      prompt(say('copyLink'), link);
    }
  }

  #count() {
    element('alone').hidden = this.tiles.size > 0;
    element('tiles').dataset.count = String(Math.min(this.tiles.size + 1, 9));
  }

  /** @param {string} text */
  #banner(text) {
    element('banner').textContent = text;
    element('banner').hidden = !text;
  }
}

/**
 * A button that says what it will do.
 * @param {string} id
 * @param {MediaStreamTrack | null} track
 * @param {[import('../i18n.js').Key, import('../i18n.js').Key]} words  to switch off, to switch on
 * @param {(on: boolean) => void} change
 */
function toggle(id, track, [off, on], change) {
  const button = /** @type {HTMLButtonElement} */ (element(id));
  const show = () => {
    button.textContent = say(track?.enabled ? off : on);
    button.classList.toggle('off', Boolean(track) && !track?.enabled);
  };
  button.disabled = !track;
  button.onclick = () => {
    change(!track?.enabled);
    show();
  };
  show();
}
