// Camera, microphone and speaker before one is in: to choose, to see and hear whether they work, and what to do if not.

import { find, note, recall } from '../codec/choices.js';
import { list, open, openBoth, watch } from '../codec/devices.js';
import { Level } from '../codec/level.js';
import { choosable, hasPicker, pick, test } from '../codec/speakers.js';
import { say } from '../i18n.js';
import { forGood } from '../kept.js';
import { element } from './elements.js';
import { troublesOf } from './device-trouble.js';

/** @typedef {import('../codec/choices.js').Choices} Choices */
/** @typedef {import('../codec/devices.js').Kind} Kind */
/** @typedef {import('../codec/devices.js').Opened} Opened */

const KEPT = 'devices';

// Milliseconds after which the browser is taken to ask its user.
const ASKING = 800;

/** @type {Kind[]} */ const KINDS = ['camera', 'microphone'];
/** @type {Opened} */ const NOTHING = { track: null, trouble: null };

export class Pickers {
  #choices = recall(forGood.get(KEPT));
  /** @type {Record<Kind, Opened>} */ #opened = { camera: NOTHING, microphone: NOTHING };
  #preview = /** @type {HTMLVideoElement} */ (element('preview'));
  /** @type {Level | null} */ #level = null;
  /** What is being done comes first. @type {Promise<unknown>} */ #busy = Promise.resolve();
  /** The name of the speaker that was chosen once and is not there. */ #speakerGone = '';
  /** They are in the conference. */ #taken = false;
  #closed = false;

  constructor() {
    for (const kind of KINDS) select(kind).onchange = () => void this.#choose(kind);
    select('speaker').onchange = () => void this.#chooseSpeaker(select('speaker').value);
    music().onchange = () => void this.#hearOtherwise();
    element('muted').onclick = () => this.#toggle('muted');
    element('unseen').onclick = () => this.#toggle('unseen');
    element('retry').onclick = () => void this.#retry();
    element('try-speaker').onclick = () => void this.#trySpeaker();
    element('pick-speaker').onclick = () => void this.#pickSpeaker();
    for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => this.#level?.wake());
    watch(() => void this.#changed());
    element('speaker-field').hidden = !choosable();
    element('pick-speaker').hidden = !hasPicker();
    music().checked = this.#choices.music;
    this.#show();
  }

  /** When nothing is being opened any more. */
  get ready() { return this.#busy; }

  /** Asks for the devices, and shows what there is. */
  open() { return this.#do(() => this.#openBoth()); }

  /**
   * Somebody else decides with what one joins.
   * @param {{microphone?: boolean, camera?: boolean}} on
   */
  set({ microphone, camera }) {
    if (microphone !== undefined) this.#choices.muted = !microphone;
    if (camera !== undefined) this.#choices.unseen = !camera;
    this.#show();
  }

  /** What goes into the conference. */
  take() {
    this.#taken = true;
    this.#look(null);
    return this.devices;
  }

  /** What one has. @returns {import('../codec/devices.js').Devices} */
  get devices() {
    return { camera: this.#opened.camera.track, microphone: this.#opened.microphone.track, speaker: this.#choices.speaker.id };
  }

  /** One did not get in after all: what one has is to be seen again, and what was given back meanwhile is asked for. */
  giveBack() {
    this.#taken = this.#closed = false;
    this.#show();
    this.#look(this.#opened.microphone.track);
    for (const kind of KINDS) if (this.#opened[kind].track?.readyState === 'ended') void this.#reopen(kind);
  }

  close() {
    this.#closed = true;
    this.#look(null);
    this.#preview.srcObject = null;
    for (const kind of KINDS) this.#opened[kind].track?.stop();
  }

  /** @param {() => Promise<void>} what */
  #do(what) {
    this.#busy = this.#busy.catch(() => {}).then(async () => {
      await what();
      if (this.#isOver) return;
      await this.#offer();
      this.#show();
    });
    return this.#busy;
  }

  /**
   * @param {Kind} kind
   * @param {Opened} opened
   */
  #use(kind, opened) {
    if (this.#closed) return void opened.track?.stop();
    if (this.#opened[kind].track !== opened.track) this.#opened[kind].track?.stop();
    this.#opened[kind] = opened;
    this.#obey(kind);
    const { track } = opened;
    if (track) track.onended = () => { if (!this.#isOver) void this.#reopen(kind); };
    if (this.#taken) return;
    if (kind === 'microphone') this.#look(track);
    else this.#preview.srcObject = track ? new MediaStream([track]) : null;
  }

  /** @param {Kind} kind */
  #reopen(kind) {
    return this.#do(async () => {
      const known = this.#choices[kind];
      // Some devices can be opened once only.
      this.#opened[kind].track?.stop();
      this.#use(kind, await open(kind, known, this.#choices.music));
    });
  }

  /** @param {Kind} kind */
  async #choose(kind) {
    const { value, selectedOptions: [option] } = select(kind);
    this.#choices[kind] = value === 'none' ? null : { id: value, label: option.label };
    this.#remember();
    await this.#reopen(kind);
  }

  async #hearOtherwise() {
    this.#choices.music = music().checked;
    this.#remember();
    await this.#reopen('microphone');
  }

  /** @param {'muted' | 'unseen'} what */
  #toggle(what) {
    this.#choices[what] = !this.#choices[what];
    this.#remember();
    this.#show();
  }

  async #retry() {
    await this.#do(async () => {
      const failed = KINDS.filter((kind) => this.#opened[kind].trouble);
      if (failed.length === KINDS.length) await this.#openBoth();
      else for (const kind of failed) this.#use(kind, await open(kind, this.#choices[kind], this.#choices.music));
    });
  }

  /** With a hint, as long as the browser waits for an answer. */
  async #openBoth() {
    const late = setTimeout(() => this.#notice([say('deviceAsking')]), ASKING);
    const opened = await openBoth(this.#choices);
    clearTimeout(late);
    for (const kind of KINDS) this.#use(kind, opened[kind]);
  }

  /** Something was plugged in, or allowed: who had none gets it. */
  async #changed() {
    if (this.#isOver) return;
    await this.#do(async () => {
      const there = await list();
      for (const kind of KINDS) {
        const { trouble, gone } = this.#opened[kind];
        const back = gone && find({ id: '', label: gone }, there[kind]);
        const worth = there[kind].length > 0 && trouble && trouble !== 'dismissed';
        if (back || worth) this.#use(kind, await open(kind, this.#choices[kind], this.#choices.music));
      }
    });
  }

  /** @param {string} id */
  #chooseSpeaker(id) {
    this.#choices.speaker = { id, label: select('speaker').selectedOptions[0]?.label ?? '' };
    this.#remember();
  }

  async #pickSpeaker() {
    const picked = await pick();
    if (!picked) return;
    this.#choices.speaker = { id: picked.deviceId, label: picked.label };
    this.#remember();
    await this.#offer();
  }

  async #trySpeaker() {
    const button = /** @type {HTMLButtonElement} */ (element('try-speaker'));
    button.disabled = true;
    await test(this.#choices.speaker.id).catch(() => {});
    button.disabled = false;
  }

  #remember() { forGood.put(KEPT, note(this.#choices)); }

  /** The lists, with what is in use chosen. */
  async #offer() {
    const there = await list();
    for (const kind of KINDS) {
      const none = say(kind === 'camera' ? 'noCamera' : 'noMicrophone');
      fill(select(kind), there[kind], this.#opened[kind].track?.getSettings().deviceId ?? 'none', new Option(none, 'none'));
    }
    const { label } = this.#choices.speaker;
    const speaker = find(this.#choices.speaker, there.speaker);
    this.#choices.speaker = { label, id: speaker?.deviceId ?? '' };
    this.#speakerGone = there.speaker.length > 0 && label && !speaker ? label : '';
    const any = there.speaker.some(({ deviceId }) => deviceId === 'default') ? [] : [new Option(say('anySpeaker'), '')];
    fill(select('speaker'), there.speaker, speaker?.deviceId ?? any[0]?.value ?? 'default', ...any);
  }

  /** One is heard and seen from the beginning, or not, as one has chosen. @param {Kind} kind */
  #obey(kind) {
    const { track } = this.#opened[kind];
    if (track) track.enabled = !this.#choices[kind === 'camera' ? 'unseen' : 'muted'];
  }

  get #isOver() { return this.#taken || this.#closed; }

  #show() {
    const { muted, unseen } = this.#choices;
    const { camera, microphone } = this.#opened;
    KINDS.forEach((kind) => this.#obey(kind));
    press('muted', muted, microphone.track);
    press('unseen', unseen, camera.track);
    this.#preview.hidden = unseen || !camera.track;
    element('level').hidden = !microphone.track;
    this.#notice(troublesOf(this.#opened, this.#speakerGone));
    element('retry').hidden = KINDS.every((kind) => !this.#opened[kind].trouble);
  }

  /** @param {string[]} words */
  #notice(words) {
    element('notice').hidden = words.length === 0;
    element('notice-words').textContent = words.join(' ');
  }

  /** @param {MediaStreamTrack | null} track */
  #look(track) {
    this.#level?.close();
    const bar = element('level');
    this.#level = track && new Level(track, (loudness) => {
      bar.style.setProperty('--level', String(loudness));
      bar.setAttribute('aria-valuenow', String(Math.round(100 * loudness)));
    });
  }
}

/** @param {string} name */
const select = (name) => /** @type {HTMLSelectElement} */ (field(name));

const music = () => /** @type {HTMLInputElement} */ (field('music'));

/** @param {string} name */
const field = (name) => /** @type {HTMLFormElement} */ (element('join')).elements.namedItem(name);

/**
 * @param {HTMLSelectElement} select
 * @param {MediaDeviceInfo[]} devices
 * @param {string} current
 * @param {HTMLOptionElement[]} others
 */
function fill(select, devices, current, ...others) {
  const options = devices.map(({ label, deviceId }, i) => new Option(label || String(i + 1), deviceId));
  select.replaceChildren(...options, ...others);
  select.value = current;
}

/**
 * A button that stays down.
 * @param {string} id
 * @param {boolean} down
 * @param {MediaStreamTrack | null} track  that it is about
 */
function press(id, down, track) {
  const button = /** @type {HTMLButtonElement} */ (element(id));
  button.disabled = !track;
  button.setAttribute('aria-pressed', String(down || !track));
}
