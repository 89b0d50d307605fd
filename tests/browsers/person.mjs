// Someone at a browser: does what a person does on the page, sees what a person sees, and keeps the page's console.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keepConnections, legOf, pairsOf } from './connections.mjs';
import { courseOf, picturesOf } from './course.mjs';
import { follow, followed, levels } from './listen.mjs';
import { until } from './until.mjs';

const OUT = fileURLToPath(new URL('out', import.meta.url));
mkdirSync(OUT, { recursive: true });
const EVIDENCE_WITHIN_MS = 3_000;

/**
 * One after the other; the first is the moderator.
 * @param {Person[]} people
 * @param {{url: string, moderator_token: string}} conference
 */
export async function enterInTurn(people, { url, moderator_token }) {
  for (const [i, person] of people.entries()) {
    await person.enter(i === 0 ? `${url}#t=${moderator_token}` : url);
  }
}

export class Person {
  /**
   * @param {string} name
   * @param {import('puppeteer-core').Browser} browser
   * @param {number | undefined} tone  what the microphone hears, in Hz
   * @param {(page: import('puppeteer-core').Page) => Promise<unknown>} [prepare]  every page before its scripts run
   */
  constructor(name, browser, tone, prepare) {
    Object.assign(this, { name, browser, tone, prepare });
    /** @type {string[]} every complaint of the page */
    this.complaints = [];
    /** @type {string[]} every line of its console */
    this.console = [];
    /** @type {Set<string>} every origin it asked for anything */
    this.origins = new Set();
  }

  /** @param {string} url */
  async open(url) {
    this.page = await this.browser.newPage();
    await keepConnections(this.page);
    await this.prepare?.(this.page);
    this.page.on('console', (message) => this.#hear(message.type(), message.text()));
    this.page.on('pageerror', (error) => this.#hear('error', String(error)));
    this.page.on('dialog', (dialog) => dialog.accept());
    this.page.on('request', (request) => this.#sawRequest(request.url()));
    await this.page.goto(url, { waitUntil: 'load' });
  }

  #hear(kind, text) {
    this.console.push(`${kind}: ${text}`);
    if (kind === 'error') this.complaints.push(text);
  }

  #sawRequest(url) {
    const { origin, protocol } = new URL(url);
    if (protocol === 'http:' || protocol === 'https:' || protocol === 'ws:') this.origins.add(origin.replace('ws:', 'http:'));
  }

  /** Types the name and presses Join. The returned time is that of the press, as of `performance.now()`. */
  async join({ music = true, hide = false, uplink } = {}) {
    const name = await this.find('textbox', 'Your name');
    await this.#fill(name, this.name);
    if (music && this.tone) await this.#tick('Music (no echo cancellation)');
    if (hide || uplink) await (await this.page.waitForSelector('summary')).click();
    if (hide) await (await this.find('checkbox', 'Hide my address')).click();
    if (uplink) await this.#fill(await this.find('spinbutton', 'Pictures I send at once, at most'), String(uplink));
    const pressed = performance.now();
    await (await this.find('button', 'Join')).click();
    return pressed;
  }

  /** The page may remember that it was ticked the last time. */
  async #tick(name) {
    const box = await this.find('checkbox', name);
    if (!(await box.evaluate(({ checked }) => checked))) await box.click();
  }

  async #fill(field, text) {
    await field.click({ clickCount: 3 });
    await field.type(text);
  }

  /** Joins, and waits until the service has let one in. */
  async enter(url, how) {
    await this.open(url);
    const pressed = await this.join(how);
    await until(`${this.name} is in`, 10_000, async () => (await this.report())?.me?.id);
    return pressed;
  }

  /**
   * What a screen reader finds under that role and name.
   * @param {string} role
   * @param {string} name
   */
  find(role, name) {
    const selector = `::-p-aria([name="${name}"][role="${role}"])`;
    return until(`${this.name}'s page has the ${role} "${name}"`, 5_000, () => this.page.$(selector));
  }

  /**
   * Presses a button.
   * @param {string} name
   */
  async press(name) { await (await this.find('button', name)).click(); }

  /**
   * Presses one that is in the menu of the controls.
   * @param {string} name
   */
  async choose(name) {
    await this.press('More');
    await this.press(name);
  }

  async report() {
    return this.page.evaluate(() => globalThis.convene?.report());
  }

  /** How this page sees the other one; nothing when it does not. */
  async sees(other) {
    const report = await this.report();
    return report.participants.find((participant) => participant.name === other.name);
  }

  /** When each of the others' pictures got another frame or another path, if the page keeps its course. */
  course() { return courseOf(this.page); }

  /** How each of the others' pictures stands, if the page keeps its course. */
  pictures() { return picturesOf(this.page); }

  /** All that is to be read on the page. */
  text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /**
   * @param {number[]} hertz
   * @param {'left' | 'right'} [side]
   */
  levels(hertz, side) {
    return levels(this.page, hertz, side);
  }

  /** Listens for the other one's voice from now on. */
  follow(other) {
    return follow(this.page, other.tone);
  }

  followed() {
    return followed(this.page);
  }

  /** My connection with the server, as the browser knows it. */
  leg() {
    return legOf(this.page);
  }

  /** My connections with other browsers. */
  pairs() {
    return pairsOf(this.page);
  }

  /**
   * @param {string} name  of a file in out/, without its ending
   * @param {{width: number, height: number}} size
   */
  async picture(name, size) {
    await this.page.setViewport(size);
    await this.page.bringToFront();
    await this.page.screenshot({ path: join(OUT, `${name}-${size.width}x${size.height}.png`) });
  }

  /** Goes for good: a page that is only closed might be loaded anew. */
  async leave() {
    await (await this.find('button', 'Leave')).click();
    await this.page.close();
  }

  /** The browser is gone from one moment to the next, and says goodbye to nobody. */
  vanish() {
    this.browser.process().kill('SIGKILL');
  }

  /** For a failure's account: what this page knew and said. */
  async evidence() {
    const [report, leg] = await Promise.all([this.report, this.leg].map((ask) => this.#tryTo(ask)));
    return [`— ${this.name}`, JSON.stringify(report), JSON.stringify(leg), ...this.console.slice(-40)].join('\n');
  }

  // A page that is not there, or a browser that does not answer any more, has nothing to say.
  async #tryTo(ask) {
    const late = pause(EVIDENCE_WITHIN_MS, 'no answer', { ref: false });
    return Promise.race([(async () => ask.call(this))().catch((error) => `none: ${error.message}`), late]);
  }
}
