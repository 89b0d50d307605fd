// The panel of who is there and who waits, with what a moderator can do. Knows no network: what is to be done it asks for.

import { say } from '../i18n.js';
import { element } from './elements.js';
import { button, make } from './make.js';
import { ForAll } from './for-all.js';
import { Row } from './person-row.js';

/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').Action} Action */
/** @typedef {import('../protocol.d.ts').Rules} Rules */
/** @typedef {import('../protocol.d.ts').Waiting} Waiting */

/**
 * @typedef {object} Desk  where things are asked for
 * @property {(action: Action) => Promise<boolean>} act  asks, and says a refusal; whether it was done
 * @property {() => Promise<import('../protocol.d.ts').Ban[] | null>} bans  null: they were refused, and it has been said
 * @property {() => Promise<import('../protocol.d.ts').AuditEntry[] | null>} audit
 * @property {(mode: import('../protocol.d.ts').SoundMode) => void} serveSound
 * @property {() => void} end
 */

/**
 * @typedef {object} Counts
 * @property {number} hands  that are up, of others
 * @property {number} waiting
 */

export class People {
  /** @type {Map<string, Row>} */ #rows = new Map();
  /** @type {ParticipantInfo | null} */ #me = null;
  /** @type {Waiting[]} */ #waiting = [];
  #desk; #counted; #forAll;

  /**
   * @param {Desk} desk
   * @param {(counts: Counts) => void} counted
   */
  constructor(desk, counted) {
    this.#desk = desk;
    this.#counted = counted;
    this.#forAll = new ForAll(desk);
    element('admit-all').onclick = () => void desk.act({ kind: 'admit', participant: null });
  }

  /** The name of somebody who is there. @param {string} id */
  nameOf(id) { return this.#rows.get(id)?.info.name ?? ''; }

  /** @param {ParticipantInfo} me */
  enter(me) {
    this.clear();
    this.me(me);
  }

  /** @param {ParticipantInfo} me  as one is now */
  me(me) {
    const before = this.#me;
    this.#me = me;
    this.#show(me);
    const moderates = me.role === 'moderator';
    element('for-all').hidden = !moderates;
    if (!moderates) this.waiting([]);
    if (before && (before.role === 'moderator') !== moderates) for (const row of this.#rows.values()) row.show(row.info, this.#me);
  }

  /** @param {ParticipantInfo} info  somebody has come, or changed */
  update(info) { this.#show(info); }

  /** @param {string} id */
  remove(id) {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
    this.#count();
  }

  /** @param {Rules} rules */
  rules(rules) { this.#forAll.rules(rules); }

  /** @param {import('../protocol.d.ts').SoundMode} mode */
  soundMode(mode) { this.#forAll.soundMode(mode); }

  /** @param {Waiting[]} waiting */
  waiting(waiting) {
    this.#waiting = waiting;
    element('waiting-list').replaceChildren(...waiting.map((one) => this.#guest(one)));
    element('waiting-people').hidden = waiting.length === 0;
    element('waiting-count').textContent = String(waiting.length);
    this.#count();
  }

  clear() {
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows.clear();
    this.#me = null;
    this.waiting([]);
  }

  /** @param {ParticipantInfo} info */
  #show(info) {
    const row = this.#rows.get(info.id) ?? new Row(this.#desk);
    this.#rows.set(info.id, row);
    row.show(info, this.#me);
    this.#order();
    this.#count();
  }

  /** Raised hands first, in their order; then oneself; then in the order of coming. */
  #order() {
    const rank = (/** @type {Row} */ { info }) => info.hand ?? Infinity;
    const own = (/** @type {Row} */ { info }) => (info.id === this.#me?.id ? 0 : info.number);
    const rows = [...this.#rows.values()].sort((a, b) => (rank(a) === rank(b) ? own(a) - own(b) : rank(a) - rank(b)));
    let place = 0;
    const list = element('people-list');
    rows.forEach((row, i) => {
      row.place = row.info.hand === null ? null : (place += 1);
      // What stands in its place already keeps the focus it may have.
      if (list.children[i] !== row.element) list.insertBefore(row.element, list.children[i] ?? null);
    });
  }

  /** @param {Waiting} guest */
  #guest({ id, name, until }) {
    const act = (/** @type {Action} */ action) => () => void this.#desk.act(action);
    const name_ = make('span', 'name', name);
    name_.dir = 'auto';
    const admit = button(say('admit'), act({ kind: 'admit', participant: id }), 'primary slim');
    const deny = button(say('deny'), act({ kind: 'deny', participant: id, ban: false }), 'slim');
    admit.setAttribute('aria-label', say('admitName', { name }));
    deny.setAttribute('aria-label', say('denyName', { name }));
    const row = make('li', 'guest', name_, make('div', 'buttons', ...(until === 'moderator' ? [admit] : []), deny));
    if (until === 'start') name_.append(make('span', 'note', say('waitsForStart')));
    return row;
  }

  #count() {
    const rows = [...this.#rows.values()];
    element('people-count').textContent = String(rows.length);
    const hands = rows.filter(({ info }) => info.hand !== null && info.id !== this.#me?.id).length;
    this.#counted({ hands, waiting: this.#waiting.length });
  }
}
