// A scenario, told: the story that stands in a scene's file (../scenarios/README.md) is played by people at browsers in
// the laboratory of NATs, step by step, and what had to be seen is compared with what was.
//
// This is who comes and what is done; what is to be seen is expectations.mjs's business.

import { setTimeout as pause } from 'node:timers/promises';
import { firstFrame, keepCourse, now } from './course.mjs';
import { expectation } from './expectations.mjs';
import { giveVoice } from './firefox.mjs';
import { keepMessages } from './messages.mjs';
import { makeSmallPictures } from './small.mjs';
import { PairsBefore, leaver } from './pairs.mjs';
import { inLaboratory } from './stage.mjs';
import { countTraffic } from './traffic.mjs';
import { until } from './until.mjs';

const FIRST_TONE = 440;
const TONES_APART = 220;
const FIRST_PICTURE_WITHIN_MS = 20_000;

/**
 * @typedef {object} Story
 * @property {'claimed' | 'adaptive'} policy
 * @property {string[]} people  hosts at which somebody sits
 * @property {string[]} [no_devices]
 * @property {string[]} [firefox]
 * @property {string[]} [members]  who have no browser: they see pictures, publish none and pass none on
 * @property {string[]} [hide]  who hide their addresses
 * @property {number} [uplink]  pictures that each agrees to send at once, when not as many as the page says by itself
 * @property {boolean} [small]  cameras make small pictures, few a second: where one machine has many encoders
 * @property {boolean} [music]  microphones are left as they are, for who measures sound
 * @property {{of: string, at: string}} [relay]  whom the name `relay` means: who relays that picture to him when the
 *   first step begins that speaks of him
 * @property {Record<string, Partial<Story>>} [variants]  the story is told once for each, with these differences
 * @property {{say: string, do: object, see: object[]}[]} steps
 *
 * @typedef {{step: string, must: string, seen: string, good: boolean}} Finding
 */

/**
 * Throws at the end when anything was not as it must be.
 * @param {string} file
 * @param {(finding: Finding) => void} found  is told each at once
 */
export async function tellScenario(file, found) {
  const troubles = [];
  let variants;
  do {
    const read = ({ story }) => {
      variants ??= Object.entries(story.variants ?? { '': {} });
      Object.assign(story, variants[0][1]);
      return { cast: story.people.map((name, i) => role(story, name, i)), topology: story.policy };
    };
    const told = (finding) => found(ofVariant(variants[0][0], finding));
    await inLaboratory(file, read, (stage) => tell(stage, told)).catch((error) => troubles.push(error));
    variants?.shift();
  } while (variants?.length > 0);
  if (troubles.length > 0) throw new Error(troubles.map(({ message }) => message).join('\n'));
}

async function tell(stage, found) {
  const play = new Play(stage);
  const bad = [];
  for (const { say, do: deed, see } of stage.lab.story.steps) {
    await play.begin(deed);
    for (const wanted of see) {
      const finding = { step: say, ...await expectation(play, wanted) };
      found(finding);
      if (!finding.good) bad.push(inWords(finding));
    }
  }
  if (bad.length > 0) throw new Error(bad.join('\n'));
}

function ofVariant(name, finding) {
  return { ...finding, step: name ? `${name}: ${finding.step}` : finding.step };
}

/** @param {Finding} finding */
export function inWords({ step, must, seen, good }) {
  return `${good ? 'ok' : 'NOT'}  ${step}: ${must}; seen: ${seen}`;
}

function role({ no_devices = [], firefox = [], members = [], small = false }, name, i) {
  if (members.includes(name)) return { name, member: true };
  const inFirefox = firefox.includes(name);
  return {
    name,
    tone: no_devices.includes(name) ? undefined : FIRST_TONE + TONES_APART * i,
    firefox: inFirefox,
    prepare: async (page) => {
      await keepCourse(page);
      await keepMessages(page);
      if (small) await makeSmallPictures(page);
      if (inFirefox) await giveVoice(page);
    },
  };
}

/** What is so while a scenario is told. */
export class Play {
  /** @type {Map<string, import('./person.mjs').Person | import('./member.mjs').Member>} who is in */
  present = new Map();

  /** @type {Map<string, {id: string, moderator_token: string}>} where each is or was last */
  conferences = new Map();

  /** @type {{pair: [string, string], ms: number | undefined}[]} of meetings that are over */
  firstPictures = [];

  constructor(stage) {
    Object.assign(this, { stage, lab: stage.lab, service: stage.service, story: stage.lab.story });
    for (const name of this.story.people) countTraffic(this.lab.hosts[name]);
  }

  /** Every picture that somebody who is in may see, as names. @returns {[string, string][]} */
  get pairs() {
    const publishers = [...this.present.values()].filter(({ tone }) => tone).map(({ name }) => name);
    const others = (publisher) => [...this.present.keys()].filter((name) => name !== publisher);
    return publishers.flatMap((publisher) => others(publisher).map((subscriber) => [publisher, subscriber]));
  }

  /** @returns {Promise<Record<string, import('./course.mjs').Course>>}  by the names of who watch */
  courses() {
    return this.#ask((person) => person.course());
  }

  async #ask(what) {
    const all = [...this.present].map(async ([name, person]) => [name, await what(person)]);
    return Object.fromEntries(await Promise.all(all));
  }

  /** How every picture stands: its path, and who relays it. */
  async paths() {
    const pictures = await this.#ask((person) => person.pictures());
    const standing = ([publisher, subscriber]) => pictures[subscriber][publisher];
    return this.pairs.map((pair) => ({ pair, path: 'none', relay: null, moves: false, ...standing(pair) }));
  }

  /** Does what is to be done; from then on time counts. */
  async begin(deed) {
    const [[word, wish], ...more] = Object.entries(deed);
    if (!(word in DEEDS) || more.length > 0) throw new Error(`what is to be done? ${JSON.stringify(deed)}`);
    const meant = await this.#whoIsMeant(wish);
    this.before = new PairsBefore(await this.paths(), word, meant);
    this.began = now();
    await DEEDS[word](this, meant);
    this.present.delete(leaver(word, meant));
  }

  /** Waits until so much time has passed since then. */
  reach(ms) {
    return pause(Math.max(0, this.began + ms - now()));
  }

  /** Puts the name of who relays in the place of the word `relay`. */
  async #whoIsMeant(wish) {
    const words = JSON.stringify(wish);
    if (!words.includes('"relay"')) return wish;
    this.relay ??= await this.#whoRelays(this.story.relay);
    return JSON.parse(words.replaceAll('"relay"', JSON.stringify(this.relay)));
  }

  async #whoRelays({ of, at }) {
    const { relay } = (await this.paths()).find(({ pair }) => pair[0] === of && pair[1] === at);
    if (!relay) throw new Error(`nobody relays ${of} to ${at}`);
    return relay;
  }

  person(name) {
    const person = this.stage.people.find((one) => one.name === name);
    if (!person) throw new Error(`nobody sits at ${name}`);
    return person;
  }

  /** How long each picture took from Join, of who came later of the two, to its first frame. */
  async firstPicturesNow() {
    const courses = await this.courses();
    return this.pairs.map((pair) => {
      const [publisher, subscriber] = pair.map((name) => courses[name]);
      const came = firstFrame(subscriber.pictures[pair[0]] ?? []);
      return { pair, ms: came && came - Math.max(publisher.pressed, subscriber.pressed) };
    });
  }
}

const DEEDS = {
  async join(play, names) {
    play.conference ??= await play.service.create({ title: play.lab.title.slice(0, 120) });
    for (const name of names) await enter(play, name);
  },

  async alone(play, names) {
    for (const name of names) {
      play.conference = undefined;
      await DEEDS.join(play, [name]);
    }
  },

  /** Each two of all have a conference of their own, one after the other. */
  async meet(play) {
    const { people } = play.story;
    const couples = people.flatMap((one, i) => people.slice(i + 1).map((other) => [one, other]));
    for (const couple of couples) await meet(play, couple);
  },

  kill: async (play, name) => play.person(name).vanish(),

  cut: (play, cut) => play.lab.cut(cut),
  mend: (play, cut) => play.lab.mend(cut),
  impair: (play, line) => play.lab.impair(line),
  nat: (play, nat) => play.lab.nat(nat),
  nothing: () => {},
};

async function enter(play, name) {
  const { story: { music = false, hide = [], uplink }, conference: { url, moderator_token } } = play;
  const first = play.present.size === 0;
  const person = play.person(name);
  await person.enter(first ? `${url}#t=${moderator_token}` : url, { music, hide: hide.includes(name), uplink });
  play.present.set(name, person);
  play.conferences.set(name, play.conference);
}

async function meet(play, couple) {
  play.conference = undefined;
  await DEEDS.join(play, couple);
  const all = async () => (await play.firstPicturesNow()).every(({ ms }) => ms);
  await until(`${couple.join(' and ')} see each other`, FIRST_PICTURE_WITHIN_MS, all).catch(() => {});
  play.firstPictures.push(...await play.firstPicturesNow());
  for (const name of couple) await play.person(name).leave();
  play.present.clear();
}
