// Lips and voice, measured in the laboratory: who is where, what is done to the lines, and what of it one sees and hears.
//
// Between each other the browsers of the conference only know of the network `lan`, so what is done to somebody's line there
// is done to pictures alone, and what is done to the server's line to sound. The reference goes by the public one, to which
// nothing is done.

import { setTimeout as pause } from 'node:timers/promises';
import { aheads, connectReference, flashAndBeep, lookAndListen, PERIOD_MS, seenBy, summary } from './flash.mjs';
import { nft } from './host.mjs';
import { scenarioFile } from './laboratory.mjs';
import { inLaboratory } from './stage.mjs';
import { until } from './until.mjs';

const FIRST_BEEP = 3_000;
const BEEPS_APART = 1_200;
const PATH_WITHIN_MS = 45_000;
// Between two conditions, so that each begins from rest.
const REST_MS = 8_000;
// A reference that is spread further tells of the machine and of nothing else: all is measured again, so many times.
const STEADY_MS = 60;
const TRIES = 3;

/**
 * @typedef {'direct' | 'peer' | 'server'} Kind  of path
 * @typedef {object} Condition
 * @property {string} say
 * @property {Record<string, object>} [lines]  what goes up on whose line, in the laboratory's words
 * @property {boolean} [off]  without the page's lip-sync
 * @property {boolean} [cut]  the picture loses its way just before
 * @property {number} settleMs
 * @property {number} median  at most, in milliseconds
 * @property {number} [most]  of 95 %
 *
 * @typedef {object} Row
 * @property {Kind} kind
 * @property {string} say
 * @property {string} of  whose
 * @property {string} path  by which the picture came
 * @property {ReturnType<typeof summary>} seen  by flash and beep, what the instrument adds by itself taken away
 * @property {number} beside  its median, less the reference's as it is
 * @property {ReturnType<typeof summary> | null} passive  what the page says itself
 * @property {ReturnType<typeof summary>} reference  as it was measured
 * @property {ReturnType<typeof summary>} own  the reference by its capture times: the browser's own synchronisation
 * @property {boolean | null} good  null: for comparison
 */

/**
 * Measures one condition after the other in one conference.
 * @param {Kind} kind
 * @param {string[]} talkers
 * @param {Condition[]} conditions
 * @param {number} events  of each
 * @param {(row: Row) => void} tell
 */
export async function measure(kind, talkers, conditions, events, tell) {
  const names = [...talkers, 'bob', ...(kind === 'peer' ? ['mia'] : [])];
  const hertz = Object.fromEntries(names.map((name, i) => [name, FIRST_BEEP + BEEPS_APART * i]));
  const read = ({ hosts }) => ({
    cast: names.map((name) => ({ name, tone: 440, prepare: (page) => flashAndBeep(page, hertz[name], unknownTo(name, kind, hosts)) })),
    topology: 'adaptive',
  });
  await inLaboratory(scenarioFile('lips'), read, async (stage) => {
    const { lab, people } = stage;
    const { url, moderator_token } = await stage.service.create({ title: 'Lips' });
    // Whoever relays is there before there is anything to relay.
    for (const [i, person] of [...people].reverse().entries()) await person.enter(i === 0 ? `${url}#t=${moderator_token}` : url);
    const bob = people.find(({ name }) => name === 'bob');
    const ways = async () => (await bob.report()).participants.filter(({ name }) => talkers.includes(name));
    await until(`every picture comes by ${kind}`, PATH_WITHIN_MS, async () => (await ways()).every(({ path, video }) => path === kind && video.frames > 5));
    await lookAndListen(bob.page, Object.fromEntries(talkers.map((name) => [name, hertz[name]])));
    const ends = [talkers[0], 'bob'].map((name) => lab.hosts[name].address);
    await connectReference(people.find(({ name }) => name === talkers[0]).page, bob.page, hertz[talkers[0]], ends);
    for (const condition of conditions) {
      await arrange(lab, bob, condition);
      await pause(condition.settleMs);
      const [from, to, seen] = await watched(bob.page, events, condition.cut ? 1 : TRIES);
      const paths = Object.fromEntries((await ways()).map(({ name, path }) => [name, path]));
      for (const name of talkers) tell(rowOf({ kind, say: condition.say, of: name, path: paths[name] }, condition, seen, from, to));
      await arrange(lab, bob, undone(condition));
      await pause(REST_MS);
    }
  });
}

/** @returns {Promise<[from: number, to: number, seen: import('./flash.mjs').Seen]>} */
async function watched(page, events, tries) {
  const { now: from } = await seenBy(page);
  await pause(events * PERIOD_MS);
  const { now: to, seen } = await seenBy(page);
  const { spread } = summary(aheads(seen, 'reference', from, to));
  return spread > STEADY_MS && tries > 1 ? watched(page, events, tries - 1) : [from, to, seen];
}

/** @returns {string[]} addresses */
function unknownTo(name, kind, hosts) {
  const others = Object.values(hosts).filter((host) => host.name !== name && host.name !== 'server');
  const between = (host) => kind !== 'direct' && host.name !== 'mia' && name !== 'mia';
  return others.flatMap(({ links, ...host }) => links.filter((_, i) => i === 0 || between(host)).map(({ address }) => address));
}

async function arrange(lab, bob, { lines = {}, off = false, cut = false, mend = false }) {
  for (const [link, up] of Object.entries(lines)) await lab.impair({ link, up, down: {} });
  await bob.page.evaluate((off) => { globalThis.steeringIsOff = off; }, off);
  const { device } = lab.hosts.bob.links[1];
  if (mend) nft(lab.hosts.bob, 'delete table inet lips');
  if (!cut) return;
  nft(lab.hosts.bob, `table inet lips {
    chain in { type filter hook input priority 0; iifname "${device}" meta l4proto udp drop; }
    chain out { type filter hook output priority 0; oifname "${device}" meta l4proto udp drop; }
  }`);
}

function undone({ lines = {}, cut }) {
  return { lines: Object.fromEntries(Object.keys(lines).map((link) => [link, {}])), mend: cut };
}

/** @returns {Row} */
function rowOf(row, { median, most = Infinity, off }, seen, from, to) {
  const within = (name) => seen.passive[name].filter(({ at, skewMs }) => at >= from && at < to && skewMs !== null).map(({ skewMs }) => skewMs);
  const reference = summary(aheads(seen, 'reference', from, to));
  const own = summary(within('reference'));
  const measured = aheads(seen, row.of, from, to);
  // The browser leaves the reference apart by itself; the rest is the instrument's.
  const values = measured.map((value) => value - (reference.median - own.median));
  const passives = within(row.of);
  const passive = passives.length > 0 ? summary(passives) : null;
  const holds = (figures, all, allowed) => Math.abs(figures.median) <= median + allowed && share(all, most + allowed) >= 0.95;
  const figures = summary(values);
  const good = passive !== null && holds(figures, values, Math.min(reference.spread, STEADY_MS)) && holds(passive, passives, 0);
  return { ...row, seen: figures, beside: summary(measured).median - reference.median, passive, reference, own, good: off ? null : good };
}

/** The share of values that are no further from nothing than that. */
function share(values, most) { return values.filter((value) => Math.abs(value) <= most).length / values.length; }

const COLUMNS = [
  'path', 'condition', 'of', 'came by', 'flash and beep', 'passive', 'one connection, by itself', 'spread of the reference', 'beside the reference', 'verdict',
];

/**
 * Rows as a table in Markdown; figures are median ± what 95 % are within, in milliseconds. `one connection, by itself` is the
 * reference by its capture times: the browser's own synchronisation. `beside the reference` is how much further apart the
 * conference is than the reference, both by flash and beep.
 * @param {Row[]} rows
 */
export function tableOf(rows) {
  const figure = (figures) => (figures ? `${Math.round(figures.median)} ± ${Math.round(figures.spread)}` : '–');
  const verdict = { true: 'holds', false: '**not so**', null: 'for comparison' };
  const cells = rows.map(({ kind, say, of, path, seen, beside, passive, reference, own, good }) => [
    kind, say, of, path, `${figure(seen)} (${seen.count})`, figure(passive), figure(own), `± ${Math.round(reference.spread)}`, Math.round(beside), verdict[String(good)],
  ]);
  return [COLUMNS, COLUMNS.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
