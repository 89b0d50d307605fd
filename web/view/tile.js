// One participant on the screen. Knows no network: it is given tracks and words.
//
// A new picture is shown when its first frame is there; until then the old one stays, so a change of path is no gap.

import { say } from '../i18n.js';
import { Caption, explanation } from './caption.js';
import { iconButton } from './icons.js';

/** @typedef {import('../protocol.d.ts').Path} Path */
/** @typedef {import('../protocol.d.ts').Why} Why */

/**
 * @typedef {object} Actions
 * @property {() => void} pin
 * @property {(button: HTMLElement) => void} [choose]  what else can be done about him
 */

// Of a track on which nothing has come Chromium shows a black frame as wide as this.
const UNLIT = 2;

// Levels in dBov between which a voice's ring grows, and in how many steps: each has the tile painted anew.
const SOFT = -55;
const LOUD = -15;
const STEPS = 3;

// Milliseconds between two frames that the page looks at: at each it is laid out anew, which costs more than the frame.
const LOOK = 100;

export class Tile {
  element = document.createElement('article');
  #caption;
  #pin;
  /** @type {Why | null} */ #why = null;
  /** @type {HTMLVideoElement | null} */ #shown = null;
  /** @type {HTMLVideoElement | null} */ #coming = null;
  /** @type {Path} */ #path = 'none';
  /** Who passes on the picture on the screen. @type {{id: string, name: string} | null} */ relay = null;
  #own;
  /** Frames of pictures that are not on the screen any more. */ #before = 0;
  /** Of the one that is, as told at the last that was looked at. */ #presented = 0;
  /** Called when another picture is on the screen. */
  swapped = () => {};
  /** Called at some of the frames on the screen. @type {(track: MediaStreamTrack, frame: VideoFrameCallbackMetadata) => void} */ framed = () => {};

  /**
   * @param {string} name
   * @param {boolean} own  whether this is my own picture
   * @param {Actions} actions
   */
  constructor(name, own, { pin, choose }) {
    this.#own = own;
    this.name = name;
    this.element.className = own ? 'tile own' : 'tile';
    this.element.ariaLabel = own ? say('you', { name }) : name;
    this.element.dataset.initial = [...name.trim()][0]?.toUpperCase() ?? '?';
    this.#caption = new Caption(name, own);
    this.#pin = iconButton('pin', say('pin', { name }), 'corner', pin);
    const corner = document.createElement('div');
    corner.className = 'corners';
    corner.append(this.#pin);
    if (choose) {
      const more = iconButton('more', say('optionsFor', { name }), 'corner', () => choose(more));
      more.ariaHasPopup = 'dialog';
      corner.append(more);
    }
    this.element.append(this.#caption.element, corner);
    this.element.ondblclick = pin;
    this.pinned = false;
    this.#label();
  }

  /** By which path the picture on the screen came. */
  get path() { return this.#path; }

  /** How many frames have been on the screen. */
  get frames() { return this.#before + Math.max(this.#presented, framesOf(this.#shown)); }

  get size() { return { width: this.#shown?.videoWidth ?? 0, height: this.#shown?.videoHeight ?? 0 }; }

  /**
   * Shows a picture as soon as it has a frame; null: none.
   * @param {MediaStreamTrack | null} track
   * @param {Path} path
   * @param {{id: string, name: string} | null} relay
   */
  show(track, path, relay) {
    this.#drop(this.#coming);
    this.#coming = null;
    if (!track) return this.#swap(null, 'none', null);
    const video = this.#play(track);
    this.#coming = video;
    onFrame(video, (frame) => {
      if (this.#coming === video) {
        this.#coming = null;
        this.#swap(video, path, relay);
      }
      if (this.#shown === video && frame) {
        this.#presented = frame.presentedFrames;
        this.framed(track, frame);
      }
      return this.#shown === video;
    });
  }

  /**
   * Calls back at the first frame of a picture, without showing it.
   * @param {MediaStreamTrack} track
   * @param {() => void} arrived
   */
  await(track, arrived) {
    const video = this.#play(track);
    onFrame(video, () => {
      arrived();
      this.#drop(video);
      return false;
    });
  }

  /** @param {Why | null} why  the picture takes its path */
  explain(why) {
    this.#why = why;
    this.#label();
  }

  /** @param {boolean} talking */
  set talking(talking) {
    this.element.classList.toggle('talking', talking);
    if (!talking) this.element.style.removeProperty('--level');
  }

  /** How loudly he talks. @param {number} level  in dBov */
  set level(level) {
    const share = Math.min(Math.max((level - SOFT) / (LOUD - SOFT), 0), 1);
    this.element.style.setProperty('--level', String(Math.round(share * STEPS)));
  }

  /** @param {boolean} pinned */
  set pinned(pinned) { this.#pin.ariaPressed = String(pinned); }

  /**
   * @param {import('./caption.js').Mark} mark
   * @param {boolean} on
   */
  mark(mark, on) {
    this.#caption.mark(mark, on);
    if (mark === 'away') this.element.classList.toggle('absent', on);
  }

  /** What is on the screen. @returns {MediaStream | null} */
  get stream() { return /** @type {MediaStream | null} */ (this.#shown?.srcObject ?? null); }

  /** By which way the picture comes and why. */
  get explanation() { return explanation(this.#path, this.relay?.name ?? '', this.#why); }

  remove() {
    this.#drop(this.#coming);
    this.#drop(this.#shown);
    this.element.remove();
  }

  /** @param {MediaStreamTrack} track */
  #play(track) {
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: new MediaStream([track]) });
    video.className = 'coming';
    this.element.prepend(video);
    video.play().catch(() => {});
    return video;
  }

  /**
   * @param {HTMLVideoElement | null} video
   * @param {Path} path
   * @param {{id: string, name: string} | null} relay
   */
  #swap(video, path, relay) {
    const old = this.#shown;
    this.#before = this.frames;
    this.#presented = 0;
    this.#shown = video;
    if (video) video.className = '';
    this.#path = this.#own ? 'none' : path;
    this.relay = relay;
    this.#drop(old);
    this.#label();
    this.swapped();
  }

  /** @param {HTMLVideoElement | null} video */
  #drop(video) {
    if (!video) return;
    video.srcObject = null;
    video.remove();
  }

  #label() { this.#caption.path(this.#path, this.relay?.name ?? '', this.#why); }
}

/** How many frames it has shown; Firefox does not count those of a stream. @param {HTMLVideoElement | null} video */
function framesOf(video) {
  const { totalVideoFrames = 0, droppedVideoFrames = 0 } = video?.getVideoPlaybackQuality() ?? {};
  return totalVideoFrames - droppedVideoFrames;
}

/**
 * Calls back at a frame, and now and then at a later one while the callback says so; where the browser does not tell frames,
 * once when it plays.
 * @param {HTMLVideoElement} video
 * @param {(frame?: VideoFrameCallbackMetadata) => boolean} tell
 */
function onFrame(video, tell) {
  if (!('requestVideoFrameCallback' in video)) {
    /** @type {HTMLVideoElement} */ (video).onplaying = () => tell();
    return;
  }
  /** @type {VideoFrameRequestCallback} */
  const next = (_, frame) => {
    if (frame.width <= UNLIT) ask();
    else if (tell(frame)) setTimeout(ask, LOOK);
  };
  const ask = () => video.requestVideoFrameCallback(next);
  ask();
}
