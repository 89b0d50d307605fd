// The view of the conference: tiles, sound and controls. Knows no network.

import { canShare, open as openScreen } from '../codec/screen.js';
import { playOn } from '../codec/speakers.js';
import { say } from '../i18n.js';
import { maySend } from '../permission/role.js';
import { element } from './elements.js';
import { Sizes } from './sizes.js';
import { Tile } from './tile.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').Source} Source */
/** @typedef {import('../codec/devices.js').Devices} Devices */

// Milliseconds for which a word stands in the banner.
const WORD = 4_000;

export class Stage {
  /** Of cameras. @type {Map<string, Tile>} */ tiles = new Map();
  /** Each is hidden while none is shared. @type {Map<string, Tile>} */ screens = new Map();
  /** @type {Set<string>} */ talking = new Set();
  #sound = /** @type {HTMLAudioElement} */ (element('sound'));
  /** @type {HTMLAudioElement[]} */ #voices = [];
  /** Which plays; '' = as the system says. */ #speaker = '';
  /** @type {Tile | null} */ #own = null;
  #me = '';
  /** @type {import('../room.js').Room | null} */ #room = null;
  /** Whether a screen of mine is shared. */ #sharing = false;
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
    this.#speaker = devices.speaker;
    toggle('microphone', devices.microphone, ['mute', 'unmute'], (on) => {
      room.setMicrophone(on);
      if (this.#own) this.#own.muted = !on;
    });
    toggle('camera', devices.camera, ['stopCamera', 'startCamera'], (on) => {
      void room.setCamera(on);
      this.#own?.show(on ? devices.camera : null, 'none', null);
    });
    element('screen').hidden = !canShare();
    element('screen').onclick = () => void this.#share();
    element('leave').onclick = leave;
    element('end').onclick = () => { if (confirm(say('confirmEnd'))) room.end(); };
    element('relay').onclick = () => room.serveSound(room.soundMode === 'mix' ? 'relay' : 'mix');
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
    if (!maySend(me.role)) element('screen').hidden = true;
    this.#tellSharing(false);
    this.#count();
  }

  /**
   * @param {ParticipantInfo} other
   * @returns {Record<Source, import('../pictures.js').Screen>}
   */
  add(other) {
    const tile = new Tile(other.name, false);
    this.tiles.set(other.id, tile);
    const screen = new Tile(say('screenOf', { name: other.name }), false);
    this.screens.set(other.id, screen);
    screen.element.classList.add('screen');
    element('tiles').append(tile.element, screen.element);
    this.update(other);
    this.#sizes.watch({ publisher: other.id, source: 'camera' }, tile.element);
    this.#sizes.watch({ publisher: other.id, source: 'screen' }, screen.element);
    return { camera: this.#screenOn(tile), screen: this.#screenOn(screen) };
  }

  /** @param {ParticipantInfo} other */
  update(other) {
    const [tile, screen] = [this.tiles.get(other.id), this.screens.get(other.id)];
    if (tile) tile.muted = !other.publishing.microphone;
    if (screen) screen.element.hidden = !other.publishing.screen;
    this.#count();
  }

  /** @param {string} id */
  remove(id) {
    for (const tiles of [this.tiles, this.screens]) {
      const tile = tiles.get(id);
      if (tile) this.#sizes.forget(tile.element);
      tile?.remove();
      tiles.delete(id);
    }
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

  /** My screen is shown no more, by the browser's own means. */
  screenEnded() { this.#tellSharing(false); }

  clear() {
    this.#own?.remove();
    for (const tiles of [this.tiles, this.screens]) {
      for (const tile of tiles.values()) tile.remove();
      tiles.clear();
    }
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
      const players = [this.#sound, ...this.#voices];
      await Promise.all(players.map((player) => playOn(player, this.#speaker)));
      await Promise.all(players.map((player) => player.play()));
      element('hear').hidden = true;
    } catch (error) {
      element('hear').hidden = !(error instanceof DOMException && error.name === 'NotAllowedError');
    }
  }

  /**
   * @param {Tile} tile
   * @returns {import('../pictures.js').Screen}
   */
  #screenOn(tile) {
    const relayOf = (/** @type {string | null} */ id) => (id ? { id, name: this.tiles.get(id)?.name ?? '' } : null);
    return {
      show: (track, path, relay) => tile.show(track, path, relayOf(relay)),
      explain: (why) => tile.explain(why),
      await: (track, arrived) => tile.await(track, arrived),
    };
  }

  /** Begins to share a screen, or ends it. Who closes the browser's question shares none. */
  async #share() {
    if (this.#sharing) {
      this.#tellSharing(false);
      return this.#room?.shareScreen(null);
    }
    const { track, trouble } = await openScreen();
    if (trouble) this.say(say(trouble));
    if (!track) return;
    this.#tellSharing(true);
    await this.#room?.shareScreen(track);
  }

  /** @param {boolean} on */
  #tellSharing(on) {
    this.#sharing = on;
    element('screen').textContent = say(on ? 'stopScreen' : 'shareScreen');
  }

  #count() {
    const screens = [...this.screens.values()].filter(({ element: { hidden } }) => !hidden);
    element('alone').hidden = this.tiles.size > 0;
    element('tiles').dataset.count = String(Math.min(this.tiles.size + screens.length + 1, 9));
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
