// What every story needs: a lab, the service in it, and people at browsers; all gone again afterwards,
// and when the story failed, what each page and the service had to say.

import { chromiumMissing, startChromium } from './chromium.mjs';
import { openDoorBetween } from './door.mjs';
import { firefoxMissing, giveVoice, startFirefox } from './firefox.mjs';
import { blockAll, blockDatagrams, blockPeers, labMissing, makeLab, unplug } from './lab.mjs';
import { Person } from './person.mjs';
import { addMobile, putBehindRouter } from './router.mjs';
import { PORT, serviceMissing, startService } from './service.mjs';

/**
 * @typedef {object} Role
 * @property {string} name
 * @property {number} [tone]  without it: no devices
 * @property {boolean} [firefox]
 * @property {(page: import('puppeteer-core').Page) => Promise<unknown>} [prepare]  every page before its scripts run
 * @property {boolean} [autoplay]
 * @property {boolean} [home]  behind a router that translates addresses
 * @property {boolean} [mobile]  has a second way out, `eth1`, behind another such router
 *
 * @typedef {object} Setting
 * @property {'own' | 'nice'} [ice]  the service's ICE agent, when not the one it takes by itself
 * @property {boolean} [ipv6]  nobody has an IPv4 address
 * @property {boolean} [wired]  page and WebSocket come over a wire of their own that no cable of the lab is needed for:
 *   what happens to the cables then happens to the legs alone
 */

/**
 * Why stories cannot be told here, as a test's `skip`.
 * @param {{firefox?: boolean}} [needs]
 */
export function unable({ firefox = false } = {}) {
  return skipUnlessCi(labMissing() ?? serviceMissing() ?? chromiumMissing() ?? (firefox ? firefoxMissing() : null));
}

/**
 * A reason to skip, as a test's `skip`. Under CI it is a failure instead, at once.
 * @param {string | null} reason
 * @returns {string | false}
 */
export function skipUnlessCi(reason) {
  if (reason && process.env.CI) throw new Error(`cannot test: ${reason}`);
  return reason ?? false;
}

/**
 * Sets the stage for `cast`, tells the story, clears the stage.
 * @param {Role[]} cast
 * @param {(stage: Stage, ...people: Person[]) => Promise<void>} story
 * @param {Setting} [setting]
 */
export async function onStage(cast, story, { ice, ipv6, wired = false } = {}) {
  const lab = makeLab(cast.map(({ name }) => name), { ipv6 });
  const stage = new Stage(lab, wired);
  try {
    stage.service = await startService(lab, { ice, origin: wired ? `http://127.0.0.1:${PORT}` : undefined });
    for (const role of cast) await stage.seat(role);
    await story(stage, ...stage.people);
    await stage.service.stop();
  } catch (error) {
    console.error(await stage.evidence());
    throw error;
  } finally {
    // With the lab goes every process on its hosts.
    lab.remove();
  }
}

class Stage {
  /** @type {Person[]} */
  people = [];

  /** @type {Record<string, import('./router.mjs').Router>} by the name of the person behind it */
  homes = {};

  constructor(lab, wired) {
    Object.assign(this, { lab, wired });
  }

  async seat({ name, tone, firefox = false, prepare, autoplay, home = false, mobile = false }) {
    const host = this.lab.hosts[name];
    if (home) this.homes[name] = putBehindRouter(this.lab, host);
    if (mobile) addMobile(this.lab, host);
    if (this.wired) await openDoorBetween(host, this.lab.server, PORT);
    const how = { origin: this.service.origin, tone, autoplay };
    const browser = await (firefox ? startFirefox : startChromium)(this.lab, host, how);
    this.people.push(new Person(name, browser, tone, prepare ?? (firefox ? giveVoice : undefined)));
  }

  /** Someone at another tab of this person's browser, with the same devices. */
  seatBeside(person, name, prepare) {
    const other = new Person(name, person.browser, person.tone, prepare);
    this.people.push(other);
    return other;
  }

  /** From now on this person reaches the server only. */
  block(person) {
    blockPeers(this.lab.hosts[person.name], this.lab.server);
  }

  /** From now on no datagram comes from or to this person. Gives back what lets them through again. */
  blockDatagrams(person) {
    return blockDatagrams(this.lab, this.lab.hosts[person.name]);
  }

  /** From now on nothing comes from or to this person by the lab's cables. Gives back what lets it through again. */
  blockAll(person) {
    return blockAll(this.lab, this.lab.hosts[person.name]);
  }

  /** Pulls this person's cable, or one of his two. */
  unplug(person, device) {
    unplug(this.lab.hosts[person.name], device);
  }

  async evidence() {
    const pages = await Promise.all(this.people.map((person) => person.evidence()));
    return [...pages, '— the service', ...(this.service?.log ?? [])].join('\n');
  }
}
