// What a scenario says is to be seen, and what is. Every expectation is a table with one of these words and what it
// needs to know; its outcome says in words what had to be and what was.

import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { carriersSaid, carriersSeen } from './carriers.mjs';
import { videoBytesThroughTheServer } from './checks.mjs';
import { legOf, pairsOf, picturesSent } from './connections.mjs';
import { median, now, rate, stillBeforeAndAfter } from './course.mjs';
import { longestConcealment } from './listen.mjs';
import { messagesTo } from './messages.mjs';
import { isReachable, leastByServer, meet, pictureOctets } from './share.mjs';
import { until } from './until.mjs';

const SENDING_MS = 1_000;
// Six frames, two of which are the instrument's own and one a step of lip-sync, whose buffer then waits longer; and how much
// longer than before counts as no longer.
const FEW_FRAMES_MS = 300;
const NOT_LONGER = 2;
const AS_BEFORE = ` and for at most ${FEW_FRAMES_MS} ms or ${NOT_LONGER} times as long as before`;
// Longer than pictures linger on a path that the plan has left (../../web/p2p/mesh.js).
const SETTLED_MS = 5_000;
const LOOKS = 3;
// What the page says by itself.
const UPLINK = 8;

const WORDS = {
  paths: { knows: ['within_ms'], look: paths },
  carried: { knows: ['for_ms'], look: carried },
  first_picture_ms: { knows: ['within_ms'], look: firstPicture },
  freeze_ms: { knows: ['for_ms'], look: freeze },
  fps: { knows: ['of', 'at', 'after_ms', 'for_ms'], look: fps },
  sends: { knows: [], look: sends },
  server_video_bytes: { knows: ['for_ms'], look: serverVideoBytes },
  server_share: { knows: ['within_ms', 'for_ms'], look: serverShare },
  sound_gap_ms: { knows: ['at', 'after_ms', 'for_ms'], look: soundGap },
  hidden: { knows: [], look: hidden },
  known: { knows: ['within_ms'], look: known },
};

/** @typedef {{must: string, seen: string, good: boolean}} Outcome */

/**
 * @param {import('./scenario.mjs').Play} play
 * @param {object} wanted
 * @returns {Promise<Outcome>}
 */
export function expectation(play, wanted) {
  const word = Object.keys(wanted).find((key) => key in WORDS);
  const unknown = Object.keys(wanted).filter((key) => key !== word && !WORDS[word]?.knows.includes(key));
  if (!word || unknown.length > 0) throw new Error(`what is to be seen? ${JSON.stringify(wanted)}`);
  return WORDS[word].look(play, wanted);
}

/** Every picture moves, by the path that the first rule names that speaks of it. */
async function paths(play, { paths: rules, within_ms = 10_000 }) {
  const begun = now();
  let standings = [];
  const wrong = () => standings.filter((standing) => !fits(standing, ruleFor(rules, standing)));
  const good = await happens(within_ms, async () => {
    standings = await play.paths();
    return standings.length > 0 && wrong().length === 0;
  });
  const rest = good ? `after ${since(begun)} ms` : `not so: ${wrong().map(standingInWords).join(', ')}`;
  const must = `${rules.map(ruleInWords).join('; ')}; within ${within_ms} ms`;
  return { must, seen: `${summary(standings)}; ${rest}`, good };
}

function ruleFor(rules, { pair: [publisher, subscriber] }) {
  const rule = rules.find(({ of, at }) => among(of, publisher) && among(at, subscriber));
  if (!rule) throw new Error(`no rule says how ${subscriber} sees ${publisher}`);
  return rule;
}

function fits({ path, relay, moves }, rule) {
  const relayed = path === 'peer' ? relay !== null && among(rule.through, relay) : relay === null;
  return [rule.path].flat().includes(path) && relayed && moves;
}

function ruleInWords({ of, at, path, through }) {
  const who = of || at ? `${names(of)} at ${names(at)}` : 'all';
  return `${who}: ${[path].flat().join(' or ')}${through ? ` through ${through.join(' or ')}` : ''}`;
}

function standingInWords({ pair, path, relay, moves }) {
  return `${inWords(pair)} ${path}${relay ? ` through ${relay}` : ''}${moves ? '' : ' (still)'}`;
}

function summary(standings) {
  const ways = standings.map(({ path, relay }) => (relay ? `${path} through ${relay}` : path));
  return [...new Set(ways)].map((way) => `${ways.filter((one) => one === way).length} ${way}`).join(', ');
}

/**
 * As the kernels of the hosts see it, pictures come from whom the pages' paths name, and from nobody else. By an earlier path
 * some may be under way yet, so there is more than one look.
 */
async function carried(play, { for_ms = 2_000 }) {
  const people = [...play.present.keys()];
  let wrong = people;
  for (let looks = 0; looks < LOOKS && wrong.length > 0; looks += 1) {
    const seen = await carriersSeen(play.lab, people, for_ms);
    const said = carriersSaid(await play.paths(), people);
    const apart = people.filter((name) => !isDeepStrictEqual(seen[name], said[name]));
    wrong = apart.map((name) => `to ${name} from ${seen[name]} instead of ${said[name]}`);
  }
  return {
    must: 'by the kernels\' count, pictures come from whom the paths name and from nobody else',
    seen: wrong.join('; ') || 'so',
    good: wrong.length === 0,
  };
}

/** The median over all pictures, from Join to the first frame. */
async function firstPicture(play, { first_picture_ms: atMost, within_ms = 10_000 }) {
  const all = () => (play.firstPictures.length > 0 ? play.firstPictures : play.firstPicturesNow());
  await happens(within_ms, async () => (await all()).every(({ ms }) => ms));
  const each = (await all()).map(({ pair, ms = Infinity }) => ({ pair, ms: Math.round(ms) }));
  each.sort((a, b) => a.ms - b.ms);
  const middle = median(each.map(({ ms }) => ms));
  return {
    must: `first picture after Join within ${atMost} ms at the median`,
    seen: `median ${middle} ms (${each.map(({ pair, ms }) => `${inWords(pair)} ${ms}`).join(', ')})`,
    good: middle <= atMost,
  };
}

/**
 * How long pictures stood still since what was done: those that it touched, and all others. Of these each is compared
 * with itself in the time before, since what a busy machine does to pictures it does before as well.
 */
async function freeze(play, { freeze_ms: limits, for_ms = 3_000 }) {
  await pause(for_ms);
  const courses = await play.courses();
  const [from, to] = [play.began, now()];
  const still = ([publisher, subscriber]) =>
    stillBeforeAndAfter(courses[subscriber].pictures[publisher] ?? [], from, to);
  const groups = Object.entries(limits).map(([name, atMost]) => ({
    name, atMost, each: play.before[name].map((pair) => ({ pair, ...still(pair) })),
  }));
  const allowed = ({ name, atMost }, before) => (name === 'others' ? Math.min(atMost, untouched(before)) : atMost);
  const inMs = ({ pair, before, after }) => `${inWords(pair)} ${after} ms (${before})`;
  const list = (each) => each.map(inMs).join(', ') || 'none';
  return {
    must: groups.map(({ name, atMost }) =>
      `${name} still for at most ${atMost} ms${name === 'others' ? AS_BEFORE : ''}`).join(', '),
    seen: `${groups.map(({ name, each }) => `${name}: ${list(each)}`).join('; ')}; in brackets: before`,
    good: groups.every((group) => group.each.length > 0
      && group.each.every(({ before, after }) => after <= allowed(group, before))),
  };
}

/** For how long a picture may stand still to which nothing happened. */
const untouched = (before) => Math.max(FEW_FRAMES_MS, before * NOT_LONGER);

async function fps(play, { fps: atLeast, of, at, after_ms = 0, for_ms = 5_000 }) {
  await play.reach(after_ms);
  const begun = now();
  await pause(for_ms);
  const courses = await play.courses();
  const pairs = play.pairs.filter(([publisher, subscriber]) => among(of, publisher) && among(at, subscriber));
  const each = pairs.map(([publisher, subscriber]) =>
    rate(courses[subscriber].pictures[publisher] ?? [], begun, begun + for_ms));
  return {
    must: `${names(of)} at ${names(at)}: at least ${atLeast} frames a second after ${after_ms} ms`,
    seen: pairs.map((pair, i) => `${inWords(pair)} ${each[i].toFixed(1)}`).join(', '),
    good: each.length > 0 && Math.min(...each) >= atLeast,
  };
}

/** How many pictures each sends to anybody, his own or another's. */
async function sends(play, { sends: limits }) {
  const each = await Promise.all(Object.entries(limits).map(async ([name, atMost]) =>
    ({ name, atMost, sent: await picturesSent(play.person(name).page, SENDING_MS) })));
  return {
    must: `pictures sent: ${each.map(({ name, atMost }) => `${name} at most ${atMost}`).join(', ')}`,
    seen: each.map(({ name, sent }) => `${name} ${sent}`).join(', '),
    good: each.every(({ atMost, sent }) => sent <= atMost),
  };
}

async function serverVideoBytes(play, { server_video_bytes: atMost, for_ms = 3_000 }) {
  const bytes = await videoBytesThroughTheServer(play.service, for_ms);
  return { must: `${atMost} video bytes through the server in ${for_ms} ms`, seen: `${bytes}`, good: bytes <= atMost };
}

/**
 * What the server carries of what an SFU would, once all has settled: of the pairs and of the octets of pictures, at
 * most so much more than the pairs that no plan can keep from it.
 */
async function serverShare(play, { server_share: { pairs, octets }, within_ms = 30_000, for_ms = 10_000 }) {
  const { meets, least } = foreseenBy(play);
  const begun = now();
  let [standings, ways, changed] = [[], '', begun];
  const served = () => standings.filter(({ path }) => path === 'server' || path === 'none').length / standings.length;
  const settled = await happens(within_ms, async () => {
    standings = await play.paths();
    const before = ways;
    ways = standings.map(standingInWords).join();
    if (ways !== before) changed = now();
    return served() <= least + pairs && now() - changed > SETTLED_MS;
  });
  const came = await pictureOctets(play.lab, [...play.present.keys()], for_ms);
  const share = came.server / came.all;
  const apart = standings.filter(({ pair, path }) => path !== 'direct' && meets(...pair));
  return {
    must: `by the server, beyond what no plan can keep from it, at most ${percent(pairs)} of the pairs and `
      + `${percent(octets)} of the octets of pictures; within ${within_ms} ms`,
    seen: `${standings.length} pairs: ${summary(standings)}; ${settled ? 'settled' : 'not settled'} `
      + `after ${Math.round(changed - begun)} ms; by the server ${percent(served())}, `
      + `no plan has less than ${percent(least)}; `
      + `of ${(came.all / 1e6).toFixed(2)} MB in ${for_ms} ms ${percent(share)}; `
      + `not direct though they can meet: ${apart.map(standingInWords).join(', ') || 'none'}`,
    good: settled && share <= least + octets,
  };
}

/** What follows from the NATs alone: who can meet, and what no plan can keep from the server. */
function foreseenBy({ lab, story: { uplink = UPLINK, members = [] }, present, pairs }) {
  const behaviour = (name) => lab.hosts[name].links[0].behaviour;
  const meets = (one, other) => meet(behaviour(one), behaviour(other));
  const relays = [...present.keys()].filter((name) => !members.includes(name) && isReachable(behaviour(name)));
  return { meets, least: leastByServer(pairs, meets, { relays, uplink }) / pairs.length };
}

async function soundGap(play, { sound_gap_ms: atMost, at, after_ms = 0, for_ms = 5_000 }) {
  await play.reach(after_ms);
  const ears = [...play.present.values()].filter(({ name }) => among(at, name));
  const gaps = await Promise.all(ears.map(({ page }) => longestConcealment(page, for_ms)));
  return {
    must: `no gap in the sound of more than ${atMost} ms at ${names(at)}`,
    seen: ears.map(({ name }, i) => `${name} ${gaps[i].toFixed(1)} ms`).join(', '),
    good: gaps.length > 0 && Math.max(...gaps) <= atMost,
  };
}

/** No connection with his browser, and nothing that the others are told has an address of his. */
async function hidden(play, { hidden: name }) {
  const person = play.person(name);
  const others = [...play.present.values()].filter((one) => one !== person);
  const told = (await Promise.all(others.map(({ page }) => messagesTo(page)))).flat();
  const telling = async (one) => {
    const addresses = await addressesOf(play, one);
    return told.filter((message) => message.split(NO_ADDRESS).some((word) => addresses.has(word))).length;
  };
  const [his, theirs] = [await telling(person), Math.max(...await Promise.all(others.map(telling)))];
  const { length: connections } = await pairsOf(person.page);
  return {
    must: `no pair connection of ${name}, no address of his in any message to the others`,
    seen: `${connections} connections; of ${told.length} messages ${his} with his addresses, ${theirs} with another's`,
    // That another's addresses are found shows that his would be.
    good: connections === 0 && his === 0 && theirs > 0,
  };
}

const NO_ADDRESS = /[^0-9a-zA-Z.:-]+/;

/** Where he is in the scene, and all that his browser knows of itself. */
async function addressesOf({ lab }, { name, page }) {
  const ofLinks = lab.hosts[name].links.flatMap((link) => [link.address, link.public.address]);
  const candidates = [await legOf(page), ...await pairsOf(page)].flatMap((connection) => connection.candidates);
  return new Set([...ofLinks, ...candidates.map((candidate) => candidate.split(' ')[4])]);
}

/** What the moderator's query says of each, as far as it is asked. */
async function known(play, { known: wanted, within_ms = 10_000 }) {
  let rows = {};
  const told = () => Object.entries(wanted).map(([name, facts]) => [name, facts, part(rows[name], facts)]);
  const differ = () => told().filter(([, facts, are]) => !isDeepStrictEqual(facts, are));
  await happens(within_ms, async () => {
    rows = await rowsOf(play, Object.keys(wanted));
    return differ().length === 0;
  });
  return {
    must: `the moderator is told: ${told().map(([name, facts]) => factsInWords(name, facts)).join('; ')}`,
    seen: differ().map(([name, , are]) => factsInWords(name, are)).join('; ') || 'so',
    good: differ().length === 0,
  };
}

async function rowsOf({ service, conferences }, people) {
  const each = people.map(async (name) => {
    const all = await service.participants(conferences.get(name));
    return [name, all.find((row) => row.name === name)];
  });
  return Object.fromEntries(await Promise.all(each));
}

/** What there is of what is asked for. */
function part(row, facts) {
  return Object.fromEntries(Object.entries(facts).map(([fact, value]) =>
    [fact, typeof value === 'object' ? part(row?.[fact], value) : row?.[fact]]));
}

function factsInWords(name, facts) {
  const words = ([fact, value]) => (typeof value === 'object' ? Object.entries(value).map(words) : `${fact} ${value}`);
  return `${name} ${Object.entries(facts).flatMap(words).join(', ')}`;
}

/** Whether it does, in time. */
function happens(withinMs, probe) {
  return until('', withinMs, probe).then(() => true, () => false);
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const among = (list, name) => list === undefined || list.includes(name);
const names = (list) => list?.join(', ') ?? 'all';
const inWords = ([publisher, subscriber]) => `${publisher} at ${subscriber}`;
const since = (begun) => Math.round(now() - begun);
