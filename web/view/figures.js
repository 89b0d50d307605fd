// The statistics on the screen: for my connection with the server and for each person a few curves of the last minutes,
// and all of it as a table for those who do not see curves. Asks only while it is open. Knows no network.

import { say } from '../i18n.js';
import { UNKNOWN, between, count } from '../statistics.js';
import { element } from './elements.js';
import { iconButton } from './icons.js';
import { ceiling, curve } from './plots.js';

/** @typedef {import('../statistics.js').Figures} Figures */
/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {keyof Figures | 'skewMs'} Name */
/** @typedef {Record<Name, number | null>} Row */
/** @typedef {{id: string, rows: any[] | null, skewMs: number | null}} Person */
/** @typedef {{leg: any[] | null, people: Person[]}} Counted */

// Milliseconds between two looks, and how many of them a curve shows: two minutes.
const LOOK = 2_000;
const SLOTS = 60;
const SIZE = { width: 120, height: 36 };

/** What is shown of each, and the least that the scale ends with. @type {[Name, Key, number][]} */
const LEG = [['rttMs', 'rtt', 50], ['lossPercent', 'loss', 1], ['kbitIn', 'bitrateIn', 100], ['kbitOut', 'bitrateOut', 100]];
/** @type {[Name, Key, number][]} */
const PERSON = [['kbitIn', 'bitrate', 100], ['fps', 'frameRate', 30], ['lossPercent', 'loss', 1], ['rttMs', 'rtt', 50], ['skewMs', 'skew', 50]];

const LEG_KEY = '';
const SVG = 'http://www.w3.org/2000/svg';

export class Statistics {
  #panel = element('figures');
  #body = document.createElement('div');
  #ask; #name; #told;
  /** @type {Map<string, {last: import('../statistics.js').Count | null, course: Row[]}>} */ #known = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */ #look;

  /**
   * @param {() => Promise<Counted>} ask
   * @param {(id: string) => string} name  whose id that is
   * @param {(open: boolean) => void} told
   */
  constructor(ask, name, told) {
    this.#ask = ask;
    this.#name = name;
    this.#told = told;
    const heading = document.createElement('h2');
    heading.textContent = say('statistics');
    const head = document.createElement('header');
    head.append(heading, iconButton('close', say('close'), 'corner', () => this.close()));
    this.#panel.ariaLabel = say('statistics');
    this.#panel.replaceChildren(head, this.#body);
    this.#panel.onkeydown = ({ key }) => { if (key === 'Escape') this.close(); };
  }

  get isOpen() { return this.#look !== undefined; }

  toggle() {
    if (this.isOpen) this.close();
    else this.#open();
  }

  close() {
    clearInterval(this.#look);
    this.#look = undefined;
    this.#panel.hidden = true;
    this.#known.clear();
    this.#told(false);
  }

  #open() {
    this.#look = setInterval(() => void this.#update(), LOOK);
    this.#panel.hidden = false;
    void this.#update();
    this.#told(true);
  }

  async #update() {
    const { leg, people } = await this.#ask();
    if (!this.isOpen) return;
    const now = performance.now();
    this.#add(LEG_KEY, leg, 'audio', null, now);
    for (const { id, rows, skewMs } of people) this.#add(id, rows, 'video', skewMs, now);
    const there = new Set([LEG_KEY, ...people.map(({ id }) => id)]);
    for (const id of this.#known.keys()) if (!there.has(id)) this.#known.delete(id);
    this.#draw();
  }

  /**
   * @param {string} id
   * @param {any[] | null} rows
   * @param {'audio' | 'video'} kind
   * @param {number | null} skewMs
   * @param {number} now
   */
  #add(id, rows, kind, skewMs, now) {
    const { last = null, course = [] } = this.#known.get(id) ?? {};
    const counted = rows && count(rows, kind, now);
    const figures = counted ? between(last, counted) : UNKNOWN;
    this.#known.set(id, { last: counted, course: [...course, { ...figures, skewMs }].slice(-SLOTS) });
  }

  #draw() {
    const parts = [...this.#known].map(([id, { course }]) => part(this.#title(id), course, id === LEG_KEY ? LEG : PERSON));
    this.#body.replaceChildren(...parts, this.#table());
  }

  /** @param {string} id */
  #title(id) { return id === LEG_KEY ? say('theServer') : this.#name(id); }

  #table() {
    const table = document.createElement('table');
    table.className = 'spoken';
    table.createCaption().textContent = say('statistics');
    const columns = [...LEG, ...PERSON.filter(([name]) => !LEG.some(([known]) => known === name))];
    const head = table.createTHead().insertRow();
    for (const text of ['', ...columns.map(([, words]) => say(words))]) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.textContent = text;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const [id, { course }] of this.#known) {
      const row = body.insertRow();
      const cell = document.createElement('th');
      cell.scope = 'row';
      cell.textContent = this.#title(id);
      row.append(cell);
      for (const [name] of columns) row.insertCell().textContent = written(name, course.at(-1)?.[name] ?? null);
    }
    return table;
  }
}

/**
 * @param {string} title
 * @param {Row[]} course
 * @param {[Name, Key, number][]} plots
 */
function part(title, course, plots) {
  const heading = document.createElement('h3');
  heading.textContent = title;
  const made = document.createElement('section');
  // All of it is in the table, too.
  made.ariaHidden = 'true';
  const known = plots.filter(([name]) => course.some((figures) => figures[name] !== null));
  const row = document.createElement('div');
  row.className = 'plots';
  row.append(...known.map(([name, words, least]) => plot(name, say(words), course.map((figures) => figures[name]), least)));
  const nothing = Object.assign(document.createElement('p'), { className: 'small', textContent: say('pathNone') });
  made.append(heading, known.length > 0 ? row : nothing);
  return made;
}

/**
 * @param {Name} name
 * @param {string} words
 * @param {(number | null)[]} values
 * @param {number} least
 */
function plot(name, words, values, least) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('viewBox', `0 -2 ${SIZE.width} ${SIZE.height + 4}`);
  const sizes = values.map((value) => (value === null ? null : Math.abs(value)));
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', curve(sizes, { ...SIZE, most: ceiling(sizes, least), slots: SLOTS }));
  svg.append(line);
  const text = document.createElement('figcaption');
  const label = document.createElement('span');
  label.textContent = words;
  const value = document.createElement('output');
  value.textContent = written(name, values.at(-1) ?? null);
  text.append(label, value);
  const figure = document.createElement('figure');
  figure.dataset.figure = name;
  figure.append(svg, text);
  return figure;
}

/** @type {Record<Name, Key>} */
const UNITS = { rttMs: 'ms', skewMs: 'ms', lossPercent: 'percent', kbitIn: 'kbit', kbitOut: 'kbit', fps: 'perSecond' };

/**
 * @param {Name} name
 * @param {number | null} value
 */
function written(name, value) {
  if (value === null) return '–';
  return say(UNITS[name], { number: name === 'lossPercent' ? Math.round(value * 10) / 10 : Math.round(value) });
}
