// What every story needs: a lab, the service in it, and people at browsers; all gone again afterwards,
// and when the story failed, what each page and the service had to say.

import { chromiumMissing, startChromium } from './chromium.mjs';
import { firefoxMissing, startFirefox } from './firefox.mjs';
import { blockPeers, labMissing, makeLab, unplug } from './lab.mjs';
import { Person } from './person.mjs';
import { serviceMissing, startService } from './service.mjs';

/**
 * @typedef {{name: string, tone?: number, firefox?: boolean, autoplay?: boolean}} Role  without a tone: no devices
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
 */
export async function onStage(cast, story) {
  const lab = makeLab(cast.map(({ name }) => name));
  const stage = new Stage(lab);
  try {
    stage.service = await startService(lab);
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

  constructor(lab) {
    this.lab = lab;
  }

  async seat({ name, tone, firefox = false, autoplay }) {
    const host = this.lab.hosts[name];
    const how = { origin: this.service.origin, tone, autoplay };
    const browser = await (firefox ? startFirefox : startChromium)(this.lab, host, how);
    this.people.push(new Person(name, browser, tone));
  }

  /** From now on this person reaches the server only. */
  block(person) {
    blockPeers(this.lab.hosts[person.name], this.lab.server);
  }

  /** Pulls this person's cable. */
  unplug(person) {
    unplug(this.lab.hosts[person.name]);
  }

  async evidence() {
    const pages = await Promise.all(this.people.map((person) => person.evidence()));
    return [...pages, '— the service', ...(this.service?.log ?? [])].join('\n');
  }
}
