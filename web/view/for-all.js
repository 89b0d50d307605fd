// What a moderator can do for the whole conference, who is banned, and what was done.

import { say } from '../i18n.js';
import { ask, show } from './ask.js';
import { deed } from './deeds.js';
import { element } from './elements.js';
import { button, chip, make } from './make.js';
import { PERMISSIONS, USED } from './person-row.js';
import { dayAndTime } from './when.js';

/** @typedef {import('../protocol.d.ts').Rules} Rules */
/** @typedef {import('../protocol.d.ts').SoundMode} SoundMode */
/** @typedef {import('./people.js').Desk} Desk */

export class ForAll {
  #desk;
  /** @type {Rules | null} */ #rules = null;
  /** @type {SoundMode} */ #sound = 'mix';

  /** @param {Desk} desk */
  constructor(desk) { this.#desk = desk; }

  /** @param {Rules} rules */
  rules(rules) {
    this.#rules = rules;
    this.#show();
  }

  /** @param {SoundMode} mode */
  soundMode(mode) {
    this.#sound = mode;
    this.#show();
  }

  #show() {
    if (!this.#rules) return;
    const { locked, lobby, permissions } = this.#rules;
    const { act, serveSound } = this.#desk;
    const at = [...element('for-all-groups').querySelectorAll('button')].findIndex((one) => one === document.activeElement);
    const all = USED.map((permission) => chip(say(PERMISSIONS[permission]), permissions[permission], () =>
      void act({ kind: 'permit', participant: null, permission, allowed: !permissions[permission] })));
    element('for-all-groups').replaceChildren(
      make('div', 'group',
        button(say('muteAll'), () => void act({ kind: 'mute', participant: null })),
        button(say('lowerHands'), () => void act({ kind: 'lower_hand', participant: null }))),
      group(say('allAreAllowed'), all),
      group(say('entry'), [
        chip(say('lobbyOn'), lobby, () => void act({ kind: 'lobby', on: !lobby })),
        chip(say('locked'), locked, () => void act({ kind: 'lock', on: !locked }))]),
      group(say('soundMode'), [
        chip(say('soundMix'), this.#sound === 'mix', () => serveSound('mix')),
        chip(say('soundRelay'), this.#sound === 'relay', () => serveSound('relay'))]),
      make('div', 'group',
        button(say('bans'), () => void this.#showBans()),
        button(say('audit'), () => void this.#showAudit()),
        button(say('endForAll'), () => void this.#end(), 'quiet-danger')));
    /** @type {HTMLElement | undefined} */ (element('for-all-groups').querySelectorAll('button')[at])?.focus();
  }

  async #end() {
    if (await ask(say('confirmEnd'), say('endForAll'), say('cancel'), { danger: true })) this.#desk.end();
  }

  async #showBans() {
    const bans = await this.#desk.bans();
    if (!bans) return;
    const list = make('ul', 'rows');
    const rest = () => { if (!list.firstChild) list.append(make('li', 'none', say('nobodyBanned'))); };
    for (const { id, name, by, by_identity } of bans) {
      const lift = button(say('liftBan'), async () => {
        if (await this.#desk.act({ kind: 'unban', ban: id })) row.remove();
        rest();
      }, 'slim');
      lift.setAttribute('aria-label', say('liftBanOf', { name }));
      const note = say(by_identity ? 'bannedBy' : 'nameBannedBy', { name: by });
      const row = make('li', '', make('span', 'who', make('span', 'name', name), make('span', 'note', note)), lift);
      list.append(row);
    }
    rest();
    show(say('bans'), say('close'), list);
  }

  async #showAudit() {
    const entries = await this.#desk.audit();
    if (!entries) return;
    const rows = entries.map((entry) => make('li', '', make('span', 'who', make('span', '', deed(entry)), make('span', 'note', dayAndTime(entry.at)))));
    show(say('audit'), say('close'), make('ul', 'rows', ...(rows.length > 0 ? rows : [make('li', 'none', say('nothingDone'))])));
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
