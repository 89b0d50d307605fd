// What every story needs: a lab of either kind, the service in it, and people at browsers; all gone again afterwards,
// and when the story failed, what each page and the service had to say.

import { chromiumMissing, startChromium } from './chromium.mjs';
import { openDoorBetween } from './door.mjs';
import { firefoxMissing, giveVoice, startFirefox } from './firefox.mjs';
import { run } from './host.mjs';
import { labMissing, makeLab } from './lab.mjs';
import { laboratoryMissing, layOut, openLaboratory } from './laboratory.mjs';
import { Member } from './member.mjs';
import { Person } from './person.mjs';
import { PORT, serviceMissing, startService } from './service.mjs';

/**
 * @typedef {object} Role
 * @property {string} name
 * @property {number} [tone]  without it: no devices
 * @property {number} [right]  another tone on the right: the microphone has two channels (Chromium)
 * @property {boolean} [firefox]
 * @property {boolean} [member]  has no browser: a client without a media engine
 * @property {(page: import('puppeteer-core').Page) => Promise<unknown>} [prepare]  every page before its scripts run
 * @property {boolean} [autoplay]
 * @property {boolean} [asked]  devices are given when the browser's permissions say so, not always (Chromium)
 * @property {boolean} [home]  behind a cone NAT, as in most homes: the router `<name>-home`
 * @property {number} [downKbps]  what his line carries to him
 * @property {boolean} [mobile]  has a second way out, `eth1`, behind another such NAT
 *
 * @typedef {object} Setting
 * @property {'own' | 'nice'} [ice]  the service's ICE agent, when not the one it takes by itself
 * @property {boolean} [ipv6]  nobody has an IPv4 address
 * @property {boolean} [wired]  page and WebSocket come over a wire of their own that no cable of the lab is needed for:
 *   what happens to the cables then happens to the legs alone
 * @property {string[]} [words]  more of the service's arguments
 */

/**
 * Why stories cannot be told here, as a test's `skip`.
 * @param {{firefox?: boolean, ipv6?: boolean}} [needs]
 */
export function unable({ firefox = false, ipv6 = false } = {}) {
  const missing = [
    laboratoryMissing(), serviceMissing(), chromiumMissing(), firefox && firefoxMissing(), ipv6 && labMissing(),
  ];
  return skipUnlessCi(missing.find(Boolean) ?? null);
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
export async function onStage(cast, story, { ice, ipv6, wired, words } = {}) {
  const lab = ipv6 ? makeLab(cast.map(({ name }) => name)) : await layOut(sceneOf(cast));
  await play(lab, { ice, wired, words }, cast, story);
}

/**
 * Builds the scene of a scenario, sets the stage there for `cast`, tells the story, clears the stage.
 * @param {string} file
 * @param {(laboratory: import('./laboratory.mjs').Laboratory) => {cast: Role[], topology?: 'claimed' | 'adaptive'}} read
 * @param {(stage: Stage, ...people: Person[]) => Promise<void>} story
 */
export async function inLaboratory(file, read, story) {
  const lab = await openLaboratory(file);
  try {
    const { cast, topology } = read(lab);
    await play(lab, { topology }, cast, story);
  } finally {
    lab.remove();
  }
}

// Everyone in public, save who wants to be at home.
function sceneOf(cast) {
  const places = cast.map(({ name, home, mobile }) =>
    [name, [home ? `${name}-home` : 'public', ...(mobile ? [`${name}-mobile`] : [])]]);
  const nats = places.flatMap(([, segments]) => segments).filter((segment) => segment !== 'public').map((segment) => `
    [nats.${segment}]
    mapping = "endpoint-independent"
    filtering = "address-and-port-dependent"`);
  const lines = cast.filter(({ downKbps }) => downKbps).map(({ name, downKbps }) => `
    [links.${name}]
    down = { rate_kbps = ${downKbps} }`);
  const hosts = places.map(([name, segments]) => `${name} = ${JSON.stringify(segments)}`);
  return [...nats, '[hosts]', 'server = "public"', ...hosts, ...lines].join('\n');
}

async function play(lab, { ice, wired = false, topology, words }, cast, story) {
  const stage = new Stage(lab, wired);
  const origin = wired ? `http://127.0.0.1:${PORT}` : undefined;
  try {
    stage.service = await startService(lab, { ice, origin, topology, words });
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
  /** @type {(Person | Member)[]} */
  people = [];
  /** @type {Map<string, () => void>} what cuts each person's */
  wires = new Map();

  constructor(lab, wired) {
    Object.assign(this, { lab, wired });
  }

  async seat({ name, tone, right, firefox = false, member = false, prepare, autoplay, asked }) {
    const host = this.lab.hosts[name];
    if (member) return void this.people.push(new Member(name, host));
    if (this.wired) await this.mendWire({ name });
    const how = { origin: this.service.origin, tone, right, autoplay, asked };
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
  async block({ name }) {
    const others = this.people.filter((other) => other.name !== name);
    for (const other of others) await this.lab.cut({ from: name, to: other.name, both: true });
  }

  /** From now on no datagram comes from or to this person. Gives back what lets them through again. */
  blockDatagrams({ name }) {
    return this.#cut({ from: name, proto: 'udp', both: true });
  }

  /** From now on nothing comes from or to this person by the lab's cables. Gives back what lets it through again. */
  blockAll({ name }) {
    return this.#cut({ from: name, both: true });
  }

  async #cut(what) {
    await this.lab.cut(what);
    return () => this.lab.mend(what);
  }

  /** Every TCP connection over this person's wire breaks, and no other is made. */
  cutWire({ name }) { this.wires.get(name)(); }

  async mendWire({ name }) { this.wires.set(name, await openDoorBetween(this.lab.hosts[name], this.lab.server, PORT)); }

  /** Takes away this person's interface, or one of his two, and tells nobody else. */
  unplug({ name }, device = 'eth0') {
    run(this.lab.hosts[name], ['ip', 'link', 'set', device, 'down']);
  }

  async evidence() {
    const pages = await Promise.all(this.people.map((person) => person.evidence()));
    return [...pages, '— the service', ...(this.service?.log ?? [])].join('\n');
  }
}
