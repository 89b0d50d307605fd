// The view of the conference: who is on the floor, what is heard, and what the controls do. Knows no network.

import { canShare, open as openScreen } from '../codec/screen.js';
import { say } from '../i18n.js';
import { forThisTab } from '../kept.js';
import { Media } from '../media.js';
import { maySend } from '../permission/role.js';
import { Banner } from './banner.js';
import { Controls } from './controls.js';
import { troublesOf } from './device-trouble.js';
import { element } from './elements.js';
import { Statistics } from './figures.js';
import { Floor } from './floor.js';
import { InSight } from './in-sight.js';
import { PictureInPicture } from './pip.js';
import { Help, Settings } from './sheets.js';
import { Sizes } from './sizes.js';
import { Sound } from './sound.js';
import { TileMenu } from './tile-menu.js';
import { Tile } from './tile.js';
import { sentence } from './trouble.js';
import { Volumes } from './volumes.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').Source} Source */
/** @typedef {import('../codec/devices.js').Devices} Devices */
/** @typedef {import('../codec/devices.js').Opened} Opened */

/** @type {Opened} */
const FINE = { track: null, trouble: null };

export class Stage {
  /** Of cameras. @type {Map<string, Tile>} */ tiles = new Map();
  /** Each is hidden while none is shared. @type {Map<string, Tile>} */ screens = new Map();
  /** @type {Set<string>} */ talking = new Set();
  /** @type {Tile | null} */ #own = null;
  /** @type {ParticipantInfo | null} */ #me = null;
  /** @type {import('../room.js').Room | null} */ #room = null;
  /** @type {Media | null} */ #media = null;
  /** Everyone's numbers in the sound. @type {Map<string, number>} */ #numbers = new Map();
  /** Whether a screen of mine is shared. */ #sharing = false;
  #sizes = new Sizes((sizes) => this.#room?.wanted.show(sizes));
  #inSight = new InSight(element('floor'), (pictures) => this.#room?.wanted.see(pictures));
  #sound = new Sound();
  #banner = new Banner();
  #settings = new Settings();
  #help = new Help(() => this.#controls.showKeys());
  #volumes = new Volumes(forThisTab, location.pathname, (id, gain) => this.#hearOtherwise(id, gain));
  #menu = new TileMenu(this.#volumes);
  #statistics = new Statistics(
    async () => await this.#room?.statistics() ?? { leg: null, people: [] },
    (id) => this.tiles.get(id)?.name ?? '',
    (open) => this.#controls.statistics(open),
  );
  #leave = () => {};
  #floor = new Floor(() => this.#arranged());
  #picture = new PictureInPicture(() => this.#large(), (tile) => this.#inSight.keep(tile));
  #controls = new Controls({
    press: {
      hear: () => void this.#sound.play(),
      microphone: () => void this.#media?.switchMicrophone(!this.#media.microphoneIsOn),
      camera: () => void this.#media?.switchCamera(!this.#media.cameraIsOn),
      screen: () => void this.#share(),
      hand: () => this.#room?.acts.do({ kind: 'hand', up: !this.#controls.handIsUp }).catch((error) => this.say(sentence(error))),
      layout: () => this.#floor.toggle(),
      settings: () => void this.#openSettings(),
      fullscreen: () => void toggleFullscreen(),
      cameras: () => this.#seeCameras(!this.#inSight.seesCameras),
      picture: () => void this.#picture.toggle().catch(() => this.say(say('noPicture'))),
      statistics: () => this.#statistics.toggle(),
      help: () => this.#help.open(),
      relay: () => this.#room?.serveSound(this.#room.soundMode === 'mix' ? 'relay' : 'mix'),
      end: () => { if (confirm(say('confirmEnd'))) this.#room?.end(); },
      leave: () => this.#leave(),
    },
    talk: (on) => void this.#media?.switchMicrophone(on),
    usesKeys: () => this.#help.usesKeys,
  });

  constructor() {
    element('tiles').ariaLabel = say('everyone');
    this.#controls.layout(this.#floor.layout);
    this.#controls.cameras(true);
  }

  /**
   * What the buttons do.
   * @param {import('../room.js').Room} room
   * @param {Devices} devices
   * @param {() => void} leave
   */
  control(room, devices, leave) {
    this.#room = room;
    this.#leave = leave;
    this.#media?.close();
    this.#media = new Media(devices, {
      useMicrophone: (track) => room.mine.useMicrophone(track),
      useCamera: (track) => room.mine.useCamera(track),
      published: () => room.mine.tell(),
      changed: () => this.#showMine(),
      failed: (kind, opened) => this.say(troublesOf({ camera: FINE, microphone: FINE, [kind]: opened }, '')[0] ?? ''),
    });
    void this.#sound.useSpeaker(devices.speaker);
    this.#showMine();
  }

  /** Devices that are there only now. @param {import('../own.js').Tracks} late */
  bring(late) { void this.#media?.bring(late); }

  /** What a moderator asked for, and I agreed to. @param {import('../protocol.d.ts').Permission} permission */
  switchOn(permission) {
    if (permission === 'microphone') void this.#media?.switchMicrophone(true);
    if (permission === 'camera') void this.#media?.switchCamera(true);
    if (permission === 'screen' && !this.#sharing) void this.#share();
  }

  /** @param {ParticipantInfo} me  once, or again as somebody else */
  enter(me) {
    if (this.#me) this.#floor.remove(this.#me.id);
    this.#own?.remove();
    this.#own = new Tile(me.name, true, { pin: () => this.#floor.pin(me.id) });
    this.#own.swapped = () => this.#picture.follow();
    this.#floor.add(me.id, this.#own.element, { own: true });
    this.#tellSharing(false);
    this.updateMe(me);
    this.#showMine();
    this.#count();
  }

  /**
   * How I am now. What the service does not let through is switched off here, too.
   * @param {ParticipantInfo} me
   */
  updateMe(me) {
    this.#me = me;
    this.#controls.me(me);
    element('screen').hidden = !canShare() || !maySend(me.role);
    this.#own?.mark('hand', me.hand !== null);
    const may = this.#room?.mine.mayStayOn(me);
    if (may) this.#media?.obey(may);
  }

  /**
   * @param {ParticipantInfo} other
   * @returns {Record<Source, import('../pictures.js').Screen>}
   */
  add(other) {
    const { id, name } = other;
    const pin = () => this.#floor.pin(id);
    const choose = (/** @type {HTMLElement} */ button) => this.#menu.open(id, tile, button, { pin, pinned: this.#floor.pinned === id });
    const tile = new Tile(name, false, { pin, choose });
    const screen = new Tile(say('screenOf', { name }), false, { pin: () => this.#floor.pin(screenKey(id)) });
    tile.framed = (track, frame) => this.#room?.lips.shown(id, track, frame);
    for (const shown of [tile, screen]) shown.swapped = () => this.#picture.follow();
    screen.element.classList.add('screen');
    element('tiles').append(tile.element, screen.element);
    this.tiles.set(id, tile);
    this.screens.set(id, screen);
    this.#numbers.set(id, other.number);
    this.#floor.add(id, tile.element);
    this.update(other);
    for (const watching of [this.#sizes, this.#inSight]) {
      watching.watch({ publisher: id, source: 'camera' }, tile.element);
      watching.watch({ publisher: id, source: 'screen' }, screen.element);
    }
    const gain = this.#volumes.gain(id);
    if (gain !== 1) this.#hearOtherwise(id, gain);
    return { camera: this.#screenOn(tile), screen: this.#screenOn(screen) };
  }

  /** @param {ParticipantInfo} other */
  update({ id, publishing, hand, away }) {
    const [tile, screen] = [this.tiles.get(id), this.screens.get(id)];
    tile?.mark('muted', !publishing.microphone);
    tile?.mark('hand', hand !== null);
    tile?.mark('away', away);
    if (screen) screen.element.hidden = !publishing.screen;
    if (screen && publishing.screen && !this.#floor.has(screenKey(id))) this.#floor.add(screenKey(id), screen.element, { screen: true });
    if (!publishing.screen) this.#floor.remove(screenKey(id));
    this.#count();
  }

  /** @param {string} id */
  remove(id) {
    this.#floor.remove(id);
    this.#floor.remove(screenKey(id));
    this.#menu.forget(id);
    this.#volumes.forget(id);
    this.#numbers.delete(id);
    this.#drop(id);
    this.#count();
  }

  /** @param {import('./contract.d.ts').Passed[]} passed  what this page passes on */
  relaying(passed) {
    element('relaying').textContent = passed.map(({ publisher, to }) => say('relaying', { publisher, to })).join(' ');
    element('relaying').hidden = passed.length === 0;
  }

  /** @param {import('../protocol.d.ts').Talker[]} talkers  the loudest first */
  tellTalkers(talkers) {
    const me = this.#me?.id ?? '';
    this.talking = new Set(talkers.map(({ id }) => id));
    for (const [id, tile] of this.tiles) tile.talking = this.talking.has(id);
    if (this.#own) this.#own.talking = this.talking.has(me);
    for (const { id, level } of talkers) {
      const tile = id === me ? this.#own : this.tiles.get(id);
      if (tile) tile.level = level;
    }
    this.#floor.talk(talkers.map(({ id }) => id).filter((id) => id !== me));
  }

  /** @param {MediaStream} stream */
  hear(stream) { this.#sound.hear(stream); }

  /** @param {import('../leg.js').Voice[]} voices */
  hearVoices(voices) { this.#sound.hearVoices(voices); }

  /** @param {import('../protocol.d.ts').SoundMode} mode */
  tellSoundMode(mode) { this.#controls.sound(mode); }

  /**
   * @param {RTCPeerConnectionState} state
   * @param {import('../doors.js').Door[]} doors
   */
  connection(state, doors) { this.#banner.connection(state, doors); }

  /** @param {boolean} here  whether the service hears this page */
  reached(here) { this.#banner.reached(here); }

  /** What has to be opened, if the server was never reached. */
  get blocked() { return this.#banner.blocked; }

  /** @param {string} word */
  say(word) { this.#banner.say(word); }

  /** My screen is shown no more, by the browser's own means. */
  screenEnded() { this.#tellSharing(false); }

  clear() {
    this.#media?.close();
    void this.#picture.close();
    if (this.#statistics.isOpen) this.#statistics.close();
    this.#floor.clear();
    this.#own?.remove();
    for (const id of [...this.tiles.keys()]) this.#drop(id);
    this.#sound.clear();
    this.#banner.clear();
  }

  /** @param {string} id */
  #drop(id) {
    for (const tiles of [this.tiles, this.screens]) {
      const tile = tiles.get(id);
      tiles.delete(id);
      if (!tile) continue;
      this.#sizes.forget(tile.element);
      this.#inSight.forget(tile.element);
      tile.remove();
    }
  }

  /** What of mine is on, on my tile and on the buttons. */
  #showMine() {
    const { microphoneIsOn = false, cameraIsOn = false, camera = null } = this.#media ?? {};
    this.#own?.show(cameraIsOn ? camera : null, 'none', null);
    this.#own?.mark('muted', !microphoneIsOn);
    this.#controls.show({ microphone: microphoneIsOn, camera: cameraIsOn });
  }

  /**
   * @param {string} id
   * @param {number} gain
   */
  #hearOtherwise(id, gain) {
    this.#room?.wanted.hear({ participant: id, gain });
    this.tiles.get(id)?.mark('silenced', gain === 0);
    const number = this.#numbers.get(id);
    if (number !== undefined) this.#sound.setGain(number, gain);
  }

  /** @param {boolean} on */
  #seeCameras(on) {
    this.#inSight.seeCameras(on);
    this.#controls.cameras(on);
  }

  async #openSettings() {
    const [media, me] = [this.#media, this.#me];
    if (media && me) await this.#settings.open({ media, sound: this.#sound, sends: maySend(me.role) });
  }

  /** The floor is arranged otherwise: which is the large one, or how all stand. */
  #arranged() {
    this.#controls.layout(this.#floor.layout);
    const { pinned } = this.#floor;
    for (const [key, tile] of this.#shown()) tile.pinned = key === pinned;
    this.#picture.follow();
  }

  /** All tiles, by their places on the floor. @returns {[string, Tile][]} */
  #shown() {
    const screens = [...this.screens].map(([id, tile]) => /** @type {[string, Tile]} */ ([screenKey(id), tile]));
    return [...this.tiles, ...screens, ...(this.#own && this.#me ? [/** @type {[string, Tile]} */ ([this.#me.id, this.#own])] : [])];
  }

  #large() {
    const found = this.#shown().find(([key]) => key === this.#floor.large);
    return found ? { name: found[1].name, stream: found[1].stream, own: found[1] === this.#own, tile: found[1].element } : null;
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
      return this.#room?.mine.shareScreen(null);
    }
    const { shown, trouble } = await openScreen();
    if (trouble) this.say(say(trouble));
    if (!shown) return;
    this.#tellSharing(true);
    this.say(say(shown.sound ? 'screenSounds' : 'screenSilent'));
    await this.#room?.mine.shareScreen(shown);
  }

  /** @param {boolean} on */
  #tellSharing(on) {
    this.#sharing = on;
    this.#controls.sharing(on);
  }

  #count() { element('alone').hidden = this.tiles.size > 0; }
}

/** @param {string} id */
const screenKey = (id) => `${id}/screen`;

async function toggleFullscreen() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen();
}
