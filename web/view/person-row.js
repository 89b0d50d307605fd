// One person in the list, with what a moderator can do to him.

import { say } from '../i18n.js';
import { ask } from './ask.js';
import { icon } from './icons.js';
import { button, chip, make } from './make.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').Action} Action */
/** @typedef {import('../protocol.d.ts').Permission} Permission */
/** @typedef {import('../protocol.d.ts').Role} Role */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {Record<Role, Key>} */
export const ROLES = { moderator: 'roleModerator', speaker: 'roleSpeaker', listener: 'roleListener' };

/** @type {Record<Permission, Key>} */
export const PERMISSIONS = { microphone: 'microphone', camera: 'camera', screen: 'screenPermission', chat: 'chat', files: 'files' };

/** In the order in which they are shown. */
export const USED = /** @type {Permission[]} */ (Object.keys(PERMISSIONS));

// What a listener has none of, whatever is permitted.
const SENT = ['microphone', 'camera', 'screen'];

export class Row {
  element = make('li', 'person');
  /** @type {ParticipantInfo} */ info = /** @type {any} */ (null);
  #desk;
  #initial = make('span', 'initial');
  #name = make('span', 'name');
  #notes = make('span', 'notes');
  #signs = make('span', 'signs');
  #actions = make('div', 'actions');
  #more = button('', () => this.#toggle(), 'more');
  #line = make('div', 'line', this.#initial, make('span', 'who', this.#name, this.#notes), this.#signs, this.#more);
  /** @type {number | null} in the order of hands */ #place = null;
  #open = false;

  /** @param {import('./people.js').Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#name.dir = 'auto';
    this.#initial.setAttribute('aria-hidden', 'true');
    this.#more.append(icon('open'));
    this.element.append(this.#line, this.#actions);
    this.#actions.hidden = true;
  }

  /** @param {number | null} place  of his hand among those that are up */
  set place(place) {
    if (place === this.#place) return;
    this.#place = place;
    this.#tell();
  }

  /**
   * @param {ParticipantInfo} info
   * @param {ParticipantInfo | null} me
   */
  show(info, me) {
    this.info = info;
    const own = info.id === me?.id;
    this.#initial.textContent = [...info.name.trim()][0]?.toUpperCase() ?? '?';
    this.#name.textContent = own ? say('you', { name: info.name }) : info.name;
    this.element.classList.toggle('away', info.away);
    this.#tell();
    const may = me?.role === 'moderator' && !own;
    this.#more.hidden = !may;
    this.#more.setAttribute('aria-label', say('actionsFor', { name: info.name }));
    if (!may) this.#open = false;
    this.#showActions();
  }

  #toggle() {
    this.#open = !this.#open;
    this.#showActions();
  }

  #tell() {
    const { role, away, hand, publishing } = this.info;
    const notes = [...(role === 'speaker' ? [] : [say(ROLES[role])]), ...(away ? [say('away')] : [])];
    this.#notes.textContent = notes.join(' · ');
    const microphone = named(publishing.microphone ? 'microphone' : 'microphone-off', say(publishing.microphone ? 'microphoneOn' : 'microphoneOff'));
    const camera = named(publishing.camera ? 'camera' : 'camera-off', say(publishing.camera ? 'cameraOn' : 'cameraOff'));
    const all = role === 'listener' ? [] : [microphone, camera];
    if (publishing.screen) all.unshift(named('screen', say('sharesScreen')));
    if (hand !== null && this.#place !== null) {
      const raised = named('hand', say('handAt', { place: this.#place }));
      raised.classList.add('raised');
      raised.append(make('b', '', String(this.#place)));
      all.unshift(raised);
    }
    this.#signs.replaceChildren(...all);
  }

  #showActions() {
    this.#more.setAttribute('aria-expanded', String(this.#open));
    this.#actions.hidden = !this.#open;
    const focused = this.#focused();
    this.#actions.replaceChildren(...(this.#open ? this.#groups() : []));
    if (focused !== null) /** @type {HTMLElement | undefined} */ (this.#actions.querySelectorAll('button')[focused])?.focus();
  }

  /** Which of the buttons has the focus: they are made anew whenever he changes. */
  #focused() {
    const place = [...this.#actions.querySelectorAll('button')].findIndex((one) => one === document.activeElement);
    return place < 0 ? null : place;
  }

  #groups() {
    const { role } = this.info;
    const groups = [this.#now()];
    if (role !== 'moderator') groups.push(this.#permissions());
    groups.push(this.#roles());
    if (role !== 'moderator') groups.push(this.#away());
    return groups;
  }

  /** What can be done at once. */
  #now() {
    const { id, publishing, permissions, hand } = this.info;
    const buttons = [];
    const asks = (/** @type {Permission} */ permission, /** @type {Key} */ words) =>
      button(say(words), () => this.#act({ kind: 'ask', participant: id, permission }));
    if (publishing.microphone) buttons.push(button(say('mute'), () => this.#act({ kind: 'mute', participant: id })));
    else if (permissions.microphone) buttons.push(asks('microphone', 'askToUnmute'));
    if (!publishing.camera && permissions.camera) buttons.push(asks('camera', 'askForCamera'));
    if (hand !== null) buttons.push(button(say('lowerHand'), () => this.#act({ kind: 'lower_hand', participant: id })));
    return make('div', 'group', ...buttons);
  }

  #permissions() {
    const { id, role, permissions } = this.info;
    const all = USED.filter((one) => role !== 'listener' || !SENT.includes(one));
    const chips = all.map((permission) => chip(say(PERMISSIONS[permission]), permissions[permission], () =>
      this.#act({ kind: 'permit', participant: id, permission, allowed: !permissions[permission] })));
    return group(say('isAllowed'), chips);
  }

  #roles() {
    const { id, name, role } = this.info;
    const chips = /** @type {Role[]} */ (Object.keys(ROLES)).map((one) => chip(say(ROLES[one]), one === role, () => {
      if (one !== role) this.#act({ kind: 'role', participant: id, role: one });
    }));
    const hands = role === 'moderator' ? [] : [button(say('handOver'), () => void this.#sure(
      say('confirmHandOver', { name }), say('handOver'), { kind: 'hand_over', participant: id }))];
    return group(say('role'), [...chips, ...hands]);
  }

  #away() {
    const { id, name } = this.info;
    return make('div', 'group',
      button(say('remove'), () => void this.#sure(say('confirmRemove', { name }), say('remove'), { kind: 'remove', participant: id, ban: false }), 'quiet-danger'),
      button(say('ban'), () => void this.#sure(say('confirmBan', { name }), say('ban'), { kind: 'remove', participant: id, ban: true }), 'quiet-danger'));
  }

  /** @param {Action} action */
  #act(action) { void this.#desk.act(action); }

  /**
   * @param {string} question
   * @param {string} yes
   * @param {Action} action
   */
  async #sure(question, yes, action) {
    if (await ask(question, yes, say('cancel'), { danger: true })) this.#act(action);
  }
}

/**
 * @param {string} label
 * @param {Node[]} members
 */
function group(label, members) {
  const made = make('div', 'group', make('span', 'label', label), ...members);
  made.setAttribute('role', 'group');
  made.setAttribute('aria-label', label);
  return made;
}

/**
 * A drawing that says what it shows.
 * @param {string} drawing
 * @param {string} words
 */
function named(drawing, words) {
  const made = make('span', drawing.endsWith('-off') ? 'shown off' : 'shown', icon(drawing));
  made.setAttribute('role', 'img');
  made.setAttribute('aria-label', words);
  made.title = words;
  return made;
}
