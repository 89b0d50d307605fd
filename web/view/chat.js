// The panel of what is written to all, and the place where one writes. Knows no network.

import { Chat } from '../data/chat.js';
import { pieces } from '../data/links.js';
import { say } from '../i18n.js';
import { element } from './elements.js';
import { make } from './make.js';
import { icon } from './icons.js';
import { time } from './when.js';

/** @typedef {import('../protocol.d.ts').ChatMessage} ChatMessage */
/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */

// The longest text, in characters; near it one sees how much is left.
const MOST = 2_000;
const NEAR = 200;
// Pixels from the end within which one is at the end.
const END = 60;
// Milliseconds within which somebody's messages stand under one name.
const TOGETHER = 120_000;

export class ChatPanel {
  /** @type {Chat<ChatMessage>} */ #chat = new Chat();
  /** @type {Map<number, HTMLElement>} */ #rows = new Map();
  #list = element('messages');
  #form = /** @type {HTMLFormElement} */ (element('write'));
  #words = /** @type {HTMLTextAreaElement} */ (element('words'));
  #send; #counted;
  #me = '';
  #visible = false;
  #may = true;
  #sending = false;
  /** @type {number | null} */ #replyTo = null;
  /** @type {{from: string, at: number} | null} */ #last = null;

  /**
   * @param {(text: string, replyTo: number | null) => Promise<string | null>} send  why it was not, in words; null: it was
   * @param {() => void} counted  whether one has seen all may have changed
   */
  constructor(send, counted) {
    this.#send = send;
    this.#counted = counted;
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      void this.#submit();
    };
    this.#words.onkeydown = (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#submit();
    };
    this.#words.oninput = () => this.#measure();
    element('unreply').onclick = () => this.#reply(null);
    element('send').replaceChildren(icon('send'));
    element('send').setAttribute('aria-label', say('send'));
    element('unreply').replaceChildren(icon('close'));
    element('unreply').setAttribute('aria-label', say('noReply'));
    this.#words.placeholder = say('write');
    this.#words.setAttribute('aria-label', say('write'));
    this.#measure();
  }

  /** @param {ParticipantInfo} me  as one is now */
  me(me) {
    this.#me = me.id;
    this.#may = me.permissions.chat;
    element('chat-forbidden').hidden = this.#may;
    element('attach').hidden = !me.permissions.files;
    this.#form.hidden = !this.#may && !me.permissions.files;
    element('words').hidden = element('send').hidden = !this.#may;
    this.#count();
  }

  /** @param {boolean} visible */
  set visible(visible) {
    this.#visible = visible;
    if (visible) this.#toEnd();
    this.#count();
  }

  /**
   * @param {ChatMessage[]} messages
   * @param {boolean} anew  this is all there is
   */
  take(messages, anew) {
    const { come, gone } = this.#chat.take(messages, anew);
    for (const id of gone) this.#rows.get(id)?.remove();
    for (const message of come) {
      const row = this.#row(message);
      this.#rows.set(message.id, row);
      this.#place(row, message.from === this.#me, message.at);
    }
    element('no-messages').hidden = this.#list.childElementCount > 0;
    this.#count();
  }

  /**
   * Something else that belongs among the messages.
   * @param {HTMLElement} row
   * @param {boolean} own
   * @param {number} at  in milliseconds since 1970
   */
  append(row, own, at) {
    this.#last = null;
    this.#place(row, own, at);
  }

  /**
   * What is there grows; whoever was at its end stays there.
   * @param {() => void} change
   */
  grow(change) {
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < END;
    change();
    if (atEnd) this.#toEnd();
  }

  /**
   * @param {HTMLElement} row
   * @param {boolean} own
   * @param {number} at
   */
  #place(row, own, at) {
    row.dataset.at = String(at);
    const later = /** @type {HTMLElement[]} */ ([...this.#list.children]).find((other) => Number(other.dataset.at) > at);
    this.grow(() => this.#list.insertBefore(row, later ?? null));
    element('no-messages').hidden = true;
    if (own) this.#toEnd();
  }

  #toEnd() { this.#list.scrollTop = this.#list.scrollHeight; }

  #count() {
    if (this.#visible && !document.hidden) this.#chat.see();
    this.#counted();
  }

  /** How many of others' messages one has not seen. */
  get unseen() { return this.#chat.unseen(this.#me); }

  /**
   * Something is on its way to all.
   * @param {() => Promise<string | null>} what  why it did not come there, in words
   */
  async busy(what) {
    this.#busy(true);
    const trouble = await what();
    this.#busy(false);
    this.#tell(trouble);
    return trouble;
  }

  async #submit() {
    const text = this.#words.value.trim();
    if (!text || this.#sending) return;
    this.#tell(text.length > MOST ? say('errorBadText') : null);
    if ([...text].length > MOST) return;
    if (await this.busy(() => this.#send(text, this.#replyTo)) !== null) return;
    this.#words.value = '';
    this.#reply(null);
    this.#measure();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#sending = busy;
    this.#form.setAttribute('aria-busy', String(busy));
    this.#words.readOnly = busy;
    element('sending').textContent = busy ? say('sending') : '';
  }

  /** @param {string | null} trouble */
  #tell(trouble) {
    element('chat-trouble').textContent = trouble ?? '';
    element('chat-trouble').hidden = trouble === null;
  }

  #measure() {
    const left = MOST - [...this.#words.value].length;
    element('left').textContent = left <= NEAR ? String(left) : '';
    element('left').classList.toggle('over', left < 0);
    this.#words.style.height = 'auto';
    this.#words.style.height = `${Math.min(this.#words.scrollHeight + 2, 160)}px`;
  }

  /** @param {number | null} id  what one replies to */
  #reply(id) {
    this.#replyTo = id;
    const message = id === null ? undefined : this.#chat.get(id);
    element('replying').hidden = !message;
    element('replying-to').textContent = message ? say('replyingTo', { name: message.name, text: short(message.text) }) : '';
    if (message) this.#words.focus();
  }

  /** @param {ChatMessage} message */
  #row({ id, from, name, text, reply_to, at }) {
    const own = from === this.#me;
    const goesOn = this.#last?.from === from && at - this.#last.at < TOGETHER && reply_to === null;
    this.#last = { from, at };
    const row = make('article', own ? 'message own' : 'message');
    if (goesOn) row.classList.add('goes-on');
    else row.append(headOf(own ? say('youShort') : name, at));
    const body = make('p', 'text', ...pieces(text).map(piece));
    body.dir = 'auto';
    const reply = make('button', 'reply', icon('reply'));
    reply.type = 'button';
    reply.title = say('reply');
    reply.setAttribute('aria-label', say('replyTo', { name, text: short(text) }));
    reply.onclick = () => this.#reply(id);
    const bubble = make('div', 'bubble', ...this.#quote(reply_to), body);
    row.append(make('div', 'said', bubble, reply));
    return row;
  }

  /** @param {number | null} id */
  #quote(id) {
    if (id === null) return [];
    const quoted = this.#chat.get(id);
    const quote = make('blockquote', '', ...(quoted ? [make('b', '', quoted.name), ` ${short(quoted.text)}`] : [say('quoteGone')]));
    quote.dir = 'auto';
    return [quote];
  }
}

/**
 * @param {string} name
 * @param {number} at  in milliseconds since 1970
 */
export function headOf(name, at) {
  const who = make('b', '', name);
  who.dir = 'auto';
  const when = make('time', '', time(at));
  when.dateTime = new Date(at).toISOString();
  return make('div', 'head', who, when);
}

/** @param {import('../data/links.js').Piece} piece */
function piece({ text, href }) {
  if (!href) return text;
  const link = make('a', '', text);
  Object.assign(link, { href, target: '_blank', rel: 'noopener noreferrer' });
  return link;
}

/** @param {string} text */
function short(text) {
  const letters = [...text.replace(/\s+/g, ' ')];
  return letters.length > 80 ? `${letters.slice(0, 80).join('')}…` : letters.join('');
}
