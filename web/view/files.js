// Files among what is written: what others offer and what one offers oneself. What is shown of a file is its name, its
// size, and a picture when its octets are one; nothing that is in it is ever a page. Knows no network.

import { Damaged, pictureType } from '../data/assembly.js';
import { Chat } from '../data/chat.js';
import { language, say } from '../i18n.js';
import { NotDone } from '../permission/acts.js';
import { aloud } from './aloud.js';
import { headOf } from './chat.js';
import { icon } from './icons.js';
import { button, make } from './make.js';

/** @typedef {import('../protocol.d.ts').FileInfo} FileInfo */
/**
 * @typedef {object} Desk  where things are asked for
 * @property {(file: File) => Promise<string | null>} offer  why it was not, in words; null: it was
 * @property {(id: number) => Promise<string | null>} withdraw
 * @property {(id: number, told: import('../files.js').Told, stop: AbortController) => Promise<Blob>} fetch
 * @property {(file: FileInfo) => Promise<Blob | null>} mine
 */

// Octets up to which a picture comes by itself, while one looks; and is shown.
const AT_ONCE = 3_000_000;
const SHOWN = 30_000_000;

export class FilesPanel {
  /** @type {Chat<FileInfo>} */ #files = new Chat();
  /** @type {Map<number, FileRow>} */ #rows = new Map();
  #chat; #desk; #counted;
  /** @type {import('../protocol.d.ts').ParticipantInfo | null} */ #me = null;
  #visible = false;

  /**
   * @param {import('./chat.js').ChatPanel} chat  where they stand
   * @param {Desk} desk
   * @param {() => void} counted
   */
  constructor(chat, desk, counted) {
    this.#chat = chat;
    this.#desk = desk;
    this.#counted = counted;
  }

  /** @param {import('../protocol.d.ts').ParticipantInfo} me  as one is now */
  me(me) {
    this.#me = me;
    for (const row of this.#rows.values()) row.moderate(me.role === 'moderator');
  }

  /** How many of others' files one has not seen. */
  get unseen() { return this.#files.unseen(this.#me?.id ?? ''); }

  /** @param {boolean} visible */
  set visible(visible) {
    this.#visible = visible;
    if (visible) for (const row of this.#rows.values()) row.look();
    this.#count();
  }

  /**
   * @param {FileInfo[]} files
   * @param {boolean} anew
   */
  take(files, anew) {
    for (const file of this.#files.take(files, anew).come) {
      const own = file.from === this.#me?.id;
      const row = new FileRow(file, own, this.#desk, this.#chat);
      row.moderate(this.#me?.role === 'moderator');
      this.#rows.set(file.id, row);
      this.#chat.append(row.element, own, file.at);
      if (own || this.#visible) row.look();
    }
    this.#count();
  }

  /** @param {File[]} files  mine, for all */
  async offer(files) {
    for (const file of files) await this.#chat.busy(() => this.#desk.offer(file));
  }

  /** @param {number} id */
  gone(id) { this.#rows.get(id)?.gone(); }

  /**
   * @param {number} id
   * @param {number | null} share
   */
  leaves(id, share) { this.#rows.get(id)?.progress(share, 'fileLeaves'); }

  clear() {
    for (const row of this.#rows.values()) row.clear();
    this.#rows.clear();
    this.#files = new Chat();
  }

  #count() {
    if (this.#visible) this.#files.see();
    this.#counted();
  }
}

class FileRow {
  #file; #desk; #chat;
  #bar = make('progress');
  #note = make('span', 'note');
  #ways = make('span', 'ways');
  #back;
  #shows = make('div', 'shows');
  /** @type {AbortController | null} */ #stop = null;
  /** @type {string | null} */ #url = null;
  #state = /** @type {'offered' | 'comes' | 'here' | 'gone'} */ ('offered');

  /**
   * @param {FileInfo} file
   * @param {boolean} own
   * @param {Desk} desk
   * @param {import('./chat.js').ChatPanel} chat  where it stands
   */
  constructor(file, own, desk, chat) {
    this.#chat = chat;
    this.#file = file;
    this.#desk = desk;
    this.own = own;
    const name = make('b', 'name', file.name);
    name.dir = 'auto';
    this.#bar.setAttribute('aria-label', file.name);
    this.#back = this.#button('fileBack', () => void desk.withdraw(file.id));
    this.element = make('article', own ? 'message own' : 'message', headOf(own ? say('youShort') : file.by, file.at),
      make('div', 'bubble file', this.#shows, icon('file'), make('div', '', name, this.#note, this.#bar), make('span', 'ways', this.#ways, this.#back)));
    this.#offer(null);
    this.moderate(false);
  }

  /** @param {boolean} moderates */
  moderate(moderates) { this.#back.hidden = this.#state === 'gone' || !(this.own || moderates); }

  /** It is seen: one's own is shown, a small picture comes by itself. */
  async look() {
    const { size, media_type } = this.#file;
    const mine = this.own ? await this.#desk.mine(this.#file) : null;
    if (this.#state !== 'offered') return;
    if (mine) void this.#here(mine);
    else if (!this.own && size <= AT_ONCE && media_type.startsWith('image/')) void this.#fetch(false);
  }

  gone() {
    this.#stop?.abort();
    if (this.#state !== 'here' || this.own) this.#say(say('fileGone'));
    if (this.#state !== 'here') this.#offerWays();
    this.#state = 'gone';
    this.#back.hidden = true;
    this.#bar.hidden = true;
  }

  /**
   * @param {number | null} share  null: over
   * @param {'fileLeaves' | 'fileDirect' | 'fileServer'} words
   */
  progress(share, words) {
    if (this.#state === 'gone') return;
    this.#bar.hidden = share === null;
    this.#bar.value = share ?? 0;
    this.#say(share === null ? '' : say(words, { percent: Math.floor(share * 100) }));
  }

  clear() {
    this.#stop?.abort();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.element.remove();
  }

  /** @param {string | null} trouble */
  #offer(trouble) {
    this.#state = 'offered';
    this.progress(null, 'fileDirect');
    if (trouble) this.#say(trouble);
    if (!this.own) this.#offerWays(this.#button('fileFetch', () => void this.#fetch(true)));
  }

  /** @param {boolean} save  whether it was asked for */
  async #fetch(save) {
    const stop = this.#stop = new AbortController();
    this.#state = 'comes';
    this.#offerWays(this.#button('cancel', () => stop.abort()));
    try {
      const blob = await this.#desk.fetch(this.#file.id, (way, share) => this.progress(share, way === 'direct' ? 'fileDirect' : 'fileServer'), stop);
      await this.#here(blob);
      aloud(say('fileCame', { name: this.#file.name }));
      if (save) this.#ways.querySelector('a')?.click();
    } catch (error) {
      if (this.element.isConnected) this.#failed(stop.signal.aborted ? null : inWords(error));
    }
  }

  /** @param {string | null} trouble */
  #failed(trouble) {
    if (/** @type {string} */ (this.#state) === 'gone') return;
    this.#offer(trouble);
    if (trouble) aloud(trouble);
  }

  /** @param {Blob} blob  it is here */
  async #here(blob) {
    this.#state = 'here';
    this.progress(null, 'fileDirect');
    const type = blob.size <= SHOWN ? await pictureType(blob) : null;
    this.#url = URL.createObjectURL(blob.slice(0, blob.size, type ?? 'application/octet-stream'));
    const link = make('a', 'button slim', say('fileSave'));
    Object.assign(link, { href: this.#url, download: this.#file.name });
    link.setAttribute('aria-label', `${say('fileSave')}: ${this.#file.name}`);
    if (!this.own) this.#offerWays(link);
    if (type) this.#show(this.#url);
  }

  /** @param {HTMLElement[]} ways  what one can do with it now, where the keyboard is if it was there */
  #offerWays(...ways) {
    const here = this.#ways.contains(document.activeElement);
    this.#ways.replaceChildren(...ways);
    if (here) ways[0]?.focus();
  }

  /** @param {string} url */
  #show(url) {
    const picture = make('img');
    Object.assign(picture, { src: url, alt: this.#file.name });
    // What only begins as a picture is not shown.
    picture.decode().then(() => this.#chat.grow(() => this.#shows.replaceChildren(picture)), () => {});
  }

  /** @param {string} words */
  #say(words) { this.#note.textContent = [octets(this.#file.size), words].filter(Boolean).join(' · '); }

  /**
   * @param {'fileFetch' | 'fileBack' | 'cancel'} words
   * @param {() => void} press
   */
  #button(words, press) {
    const made = button(say(words), press, 'slim');
    made.setAttribute('aria-label', `${say(words)}: ${this.#file.name}`);
    return made;
  }
}

/** @param {unknown} error  why a file did not come */
function inWords(error) {
  if (error instanceof NotDone && error.code === 'lost') return say('errorLost');
  if (error instanceof NotDone && error.code === 'too_large') return say('errorLargeFile');
  return say(error instanceof Damaged ? 'errorDamaged' : 'errorUnreached');
}

/** @param {number} count */
export function octets(count) {
  const step = Math.floor(Math.log10(count) / 3);
  const value = count / 1_000 ** step;
  const unit = ['byte', 'kilobyte', 'megabyte', 'gigabyte'][step];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: step ? 'short' : 'long', maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}
