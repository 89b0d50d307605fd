// The large picture in a small window above all others: a document's where the browser has such windows, else a video's.

import { say } from '../i18n.js';

/** @typedef {{requestWindow: (size: {width: number, height: number}) => Promise<Window>, window: Window | null}} DocumentPip */

const SIZE = { width: 400, height: 225 };

export class PictureInPicture {
  #large; #shows;
  #video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true });
  #name = document.createElement('p');
  /** @type {Window | null} */ #window = null;

  /**
   * @param {() => {name: string, stream: MediaStream | null, own: boolean, tile: Element} | null} large  the large tile's
   * @param {(tile: Element | null) => void} shows  whose picture is in the window now
   */
  constructor(large, shows) {
    this.#large = large;
    this.#shows = shows;
  }

  get isOpen() { return this.#window !== null || document.pictureInPictureElement === this.#video; }

  async toggle() {
    if (this.isOpen) return this.close();
    const { documentPictureInPicture: pip } = /** @type {Window & {documentPictureInPicture?: DocumentPip}} */ (window);
    if (pip) this.#furnish(await pip.requestWindow(SIZE));
    else await this.#floatVideo();
  }

  /** Another picture is the large one, or it comes by another way. */
  follow() {
    const large = this.isOpen ? this.#large() : null;
    this.#shows(large?.tile ?? null);
    if (!this.isOpen) return;
    this.#name.textContent = large?.name ?? '';
    if (this.#video.srcObject !== (large?.stream ?? null)) this.#video.srcObject = large?.stream ?? null;
    this.#video.classList.toggle('own', large?.own ?? false);
  }

  async close() {
    this.#window?.close();
    if (document.pictureInPictureElement === this.#video) await document.exitPictureInPicture();
  }

  /** @param {Window} opened */
  #furnish(opened) {
    this.#window = opened;
    opened.document.title = say('title');
    for (const href of ['/style/base.css', '/style/room.css']) {
      opened.document.head.append(Object.assign(opened.document.createElement('link'), { rel: 'stylesheet', href: new URL(href, location.href).href }));
    }
    opened.document.body.className = 'small-window';
    opened.document.body.append(this.#video, this.#name);
    opened.addEventListener('pagehide', () => {
      this.#window = null;
      this.#video.srcObject = null;
      this.follow();
    });
    this.follow();
  }

  async #floatVideo() {
    this.#video.srcObject = this.#large()?.stream ?? null;
    await this.#video.play();
    await this.#video.requestPictureInPicture();
    this.#video.onleavepictureinpicture = () => this.follow();
    this.follow();
  }
}
