// One participant on the screen. Knows no network: it is given tracks and words.
//
// A new picture is shown when its first frame is there; until then the old one stays, so a change of path is no gap.

import { say } from '../i18n.js';

/** @typedef {import('../protocol.d.ts').Path} Path */
/** @typedef {import('../protocol.d.ts').Why} Why */

/** @type {Record<Path, [import('../i18n.js').Key, import('../i18n.js').Key]>} */
const PATHS = {
  direct: ['pathDirect', 'pathDirectHint'],
  server: ['pathServer', 'pathServerHint'],
  peer: ['pathPeer', 'pathPeerHint'],
  none: ['pathNone', 'pathNoneHint'],
};

/** @type {Record<Why, import('../i18n.js').Key>} */
const REASONS = {
  connected: 'whyConnected',
  trying: 'whyTrying',
  both_private: 'whyBothPrivate',
  not_connected: 'whyNotConnected',
  uplink_spent: 'whyUplinkSpent',
  relay_lost: 'whyRelayLost',
  no_common_way: 'whyNoCommonWay',
  hides_address: 'whyHidesAddress',
};

// Of a track on which nothing has come Chromium shows a black frame as wide as this.
const UNLIT = 2;

export class Tile {
  element = document.createElement('article');
  #name = document.createElement('span');
  #badge = document.createElement('span');
  /** @type {Why | null} */ #why = null;
  #muted = document.createElement('span');
  /** @type {HTMLVideoElement | null} */ #shown = null;
  /** @type {HTMLVideoElement | null} */ #coming = null;
  /** @type {Path} */ #path = 'none';
  /** Who passes on the picture on the screen. @type {{id: string, name: string} | null} */ relay = null;
  #own;
  frames = 0;

  /**
   * @param {string} name
   * @param {boolean} own  whether this is my own picture
   */
  constructor(name, own) {
    this.#own = own;
    this.name = name;
    this.element.className = own ? 'tile own' : 'tile';
    this.element.dataset.initial = [...name.trim()][0]?.toUpperCase() ?? '?';
    this.#name.className = 'name';
    this.#name.textContent = own ? say('you', { name }) : name;
    this.#badge.className = 'badge';
    this.#badge.hidden = own;
    this.#muted.className = 'muted';
    this.#muted.hidden = true;
    this.#muted.textContent = say('muted');
    const caption = document.createElement('footer');
    caption.append(this.#name, this.#muted, this.#badge);
    this.element.append(caption);
    this.#label();
  }

  /** By which path the picture on the screen came. */
  get path() { return this.#path; }

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
    onFrame(video, () => {
      if (this.#coming === video) {
        this.#coming = null;
        this.#swap(video, path, relay);
      }
      if (this.#shown === video) this.frames += 1;
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
  set talking(talking) { this.element.classList.toggle('talking', talking); }

  /** @param {boolean} muted */
  set muted(muted) { this.#muted.hidden = !muted; }

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
    this.#shown = video;
    if (video) video.className = '';
    this.#path = this.#own ? 'none' : path;
    this.relay = relay;
    this.#drop(old);
    this.#label();
  }

  /** @param {HTMLVideoElement | null} video */
  #drop(video) {
    if (!video) return;
    video.srcObject = null;
    video.remove();
  }

  #label() {
    const [words, hint] = PATHS[this.#path];
    const name = this.relay?.name ?? '';
    this.#badge.textContent = say(words, { name });
    const because = this.#why && this.#path !== 'none' ? ` ${say(REASONS[this.#why])}` : '';
    this.#badge.title = say(hint, { name }) + because;
    this.#badge.dataset.path = this.#path;
  }
}

/**
 * Calls back at each frame while the callback says so; where the browser does not tell frames, once when it plays.
 * @param {HTMLVideoElement} video
 * @param {() => boolean} tell
 */
function onFrame(video, tell) {
  if (!('requestVideoFrameCallback' in video)) {
    /** @type {HTMLVideoElement} */ (video).onplaying = () => tell();
    return;
  }
  /** @type {VideoFrameRequestCallback} */
  const next = (_, { width }) => { if (width <= UNLIT || tell()) video.requestVideoFrameCallback(next); };
  video.requestVideoFrameCallback(next);
}
