// People and chat as one view of a room: what it is told, and what it asks for.

import { say } from '../i18n.js';
import { NotDone } from '../permission/acts.js';
import { aloud } from './aloud.js';
import { ask } from './ask.js';
import { attach } from './attach.js';
import { ChatPanel } from './chat.js';
import { People } from './people.js';
import { Side } from './side.js';
import { notDone } from './trouble.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').Permission} Permission */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {import('../room.js').Room} Room */

/** @type {Record<Permission, Key>} */
const ASKED = { microphone: 'askedMicrophone', camera: 'askedCamera', screen: 'askedScreen', chat: 'askedChat', files: 'askedFiles' };

export class Beside {
  #room; #tell;
  #side = new Side((panel) => this.#shown(panel));
  #people; #chat;
  /** @type {import('./files.js').FilesPanel | null} */ #files = null;
  /** It is loaded when it is needed. @type {Promise<import('./files.js').FilesPanel> | null} */ #loading = null;
  /** @type {ParticipantInfo | null} */ #me = null;
  /** Questions that stand open: nobody is asked the same twice at once. @type {Map<Permission, AbortController>} */ #asked = new Map();
  #waiting = 0;

  /**
   * @param {() => Room | null} room
   * @param {(words: string) => void} tell  says something in passing
   */
  constructor(room, tell) {
    this.#room = room;
    this.#tell = tell;
    this.#people = new People({
      act: async (action) => (await this.#try((acts) => acts.do(action).then(() => true))) ?? false,
      bans: () => this.#try((acts) => acts.bans()),
      audit: () => this.#try((acts) => acts.audit()),
      serveSound: (mode) => this.#room()?.serveSound(mode),
      end: () => this.#room()?.end(),
    }, ({ hands, waiting }) => this.#counted(hands, waiting));
    this.#chat = new ChatPanel((text, replyTo) => this.#say(text, replyTo), () => this.#countUnseen());
    attach((files) => this.#withFiles((panel) => void panel.offer(files)));
    document.addEventListener('visibilitychange', () => this.#shown(this.#side.panel));
  }

  /** @param {ParticipantInfo} me */
  enter(me) {
    this.#me = me;
    this.#people.enter(me);
    this.#chat.me(me);
    this.#files?.me(me);
  }

  /** @param {ParticipantInfo} me  as one is now */
  me(me) {
    const before = this.#me;
    this.#me = me;
    this.#people.me(me);
    this.#chat.me(me);
    this.#files?.me(me);
    if (before) this.#sayWhatChanged(before, me);
  }

  /** @param {ParticipantInfo} other  has come, or changed */
  update(other) { this.#people.update(other); }

  /** @param {string} id */
  remove(id) { this.#people.remove(id); }

  /** @param {import('../protocol.d.ts').Rules} rules */
  rules(rules) { this.#people.rules(rules); }

  /** @param {import('../protocol.d.ts').SoundMode} mode */
  soundMode(mode) { this.#people.soundMode(mode); }

  /** @param {import('../protocol.d.ts').Waiting[]} waiting */
  waiting(waiting) {
    if (waiting.length > this.#waiting) this.#announce(say('knocks', { name: waiting.at(-1)?.name ?? '' }));
    this.#waiting = waiting.length;
    this.#people.waiting(waiting);
  }

  /**
   * @param {import('../protocol.d.ts').ChatMessage[]} messages
   * @param {boolean} anew
   */
  chat(messages, anew) { this.#chat.take(messages, anew); }

  /**
   * @param {import('../protocol.d.ts').FileInfo[]} files
   * @param {boolean} anew
   */
  files(files, anew) { this.#withFiles((panel) => panel.take(files, anew)); }

  /** @param {number} id */
  fileGone(id) { this.#withFiles((panel) => panel.gone(id)); }

  /**
   * @param {number} id
   * @param {number | null} share
   */
  fileLeaves(id, share) { this.#withFiles((panel) => panel.leaves(id, share)); }

  /**
   * A moderator asks one to switch something on. It is never done by itself.
   * @param {string} by
   * @param {Permission} permission
   * @param {() => void} yes
   */
  async asked(by, permission, yes) {
    if (this.#asked.has(permission)) return;
    const open = new AbortController();
    this.#asked.set(permission, open);
    const agreed = await ask(say(ASKED[permission], { name: this.#people.nameOf(by) }), say('yes'), say('no'), { gone: open.signal });
    this.#asked.delete(permission);
    if (agreed) yes();
  }

  clear() {
    this.#me = null;
    for (const open of this.#asked.values()) open.abort();
    this.#people.clear();
    this.#files?.clear();
    this.#side.close();
  }

  /**
   * @template T
   * @param {(acts: import('../permission/acts.js').Acts) => Promise<T>} what
   * @returns {Promise<T | null>}
   */
  async #try(what) {
    const room = this.#room();
    if (!room) return null;
    try {
      return await what(room.acts);
    } catch (error) {
      this.#tell(this.#inWords(error));
      return null;
    }
  }

  /**
   * @param {string} text
   * @param {number | null} replyTo
   * @returns {Promise<string | null>}  why it was not said
   */
  #say(text, replyTo) { return this.#attempt((room) => room.acts.do({ kind: 'say', text, reply_to: replyTo })); }

  /**
   * @param {(room: Room) => Promise<void>} what
   * @returns {Promise<string | null>}  why it was not done
   */
  async #attempt(what) {
    const room = this.#room();
    try {
      if (room) await what(room);
      return null;
    } catch (error) {
      return this.#inWords(error);
    }
  }

  /** @param {unknown} error */
  #inWords(error) {
    if (!(error instanceof NotDone)) throw error;
    return notDone(error, this.#me?.role === 'moderator');
  }

  /** @param {import('./side.js').Panel | null} panel */
  #shown(panel) {
    const visible = panel === 'chat' && !document.hidden;
    this.#chat.visible = visible;
    if (this.#files) this.#files.visible = visible;
  }

  #countUnseen() {
    const count = this.#chat.unseen + (this.#files?.unseen ?? 0);
    this.#side.count('chat', count, say('chatNews', { count }));
  }

  /** @param {(panel: import('./files.js').FilesPanel) => void} what */
  #withFiles(what) {
    this.#loading ??= import('./files.js').then(({ FilesPanel }) => {
      const panel = new FilesPanel(this.#chat, {
        offer: (file) => this.#attempt(async (room) => (await room.files()).offer(file)),
        withdraw: (file) => this.#attempt((room) => room.acts.do({ kind: 'withdraw', file })),
        fetch: async (file, told, stop) => (await this.#here().files()).fetch(file, told, stop),
        mine: async (file) => (await this.#here().files()).mine(file),
      }, () => this.#countUnseen());
      this.#files = panel;
      if (this.#me) panel.me(this.#me);
      this.#shown(this.#side.panel);
      return panel;
    });
    void this.#loading.then(what);
  }

  #here() {
    const room = this.#room();
    if (!room) throw new Error('one is in no conference');
    return room;
  }

  /**
   * @param {number} hands
   * @param {number} waiting
   */
  #counted(hands, waiting) {
    const count = waiting + (this.#me?.role === 'moderator' ? hands : 0);
    this.#side.count('people', count, say('peopleNews', { count }));
  }

  /**
   * What was decided about one, said once.
   * @param {ParticipantInfo} before
   * @param {ParticipantInfo} now
   */
  #sayWhatChanged(before, now) {
    if (before.role !== now.role) return this.#announce(say(BECAME[now.role]));
    const [could, can] = [before.permissions, now.permissions];
    if (could.microphone !== can.microphone) return this.#announce(say(can.microphone ? 'microphoneAllowed' : 'microphoneForbidden'));
    if (could.chat !== can.chat) return this.#announce(say(can.chat ? 'chatAllowed' : 'chatForbidden'));
    if (could.files !== can.files) this.#announce(say(can.files ? 'filesAllowed' : 'filesForbidden'));
  }

  /** @param {string} words */
  #announce(words) {
    this.#tell(words);
    aloud(words);
  }
}

/** @type {Record<import('../protocol.d.ts').Role, Key>} */
const BECAME = { moderator: 'becameModerator', speaker: 'becameSpeaker', listener: 'becameListener' };
