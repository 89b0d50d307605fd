// Lips and voice come by different connections and are seen and heard together: by flash and beep. One row here; all of
// them, for each kind of path, with CONVENE_LIPS=all. The table goes to out/lips.md.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { measure, tableOf } from '../lips.mjs';
import { unable } from '../stage.mjs';

const TABLE = fileURLToPath(new URL('../out/lips.md', import.meta.url));
const ALL = process.env.CONVENE_LIPS === 'all';
// Three browsers and the instrument fill two cores: among all other stories one take of two has to hold.
const TAKES = ALL ? 1 : 2;

const LATE = { delay_ms: 150 };
const JITTER = { delay_ms: 30, jitter_ms: 30 };
const NONE = { say: 'no impairment', settleMs: 8_000, median: 20, most: 45 };
const sound = { ...NONE, say: 'sound path +150 ms', lines: { server: LATE } };
const picture = (line) => ({ ...NONE, say: 'picture path +150 ms', lines: { [line]: LATE } });
const jitter = (say, line) => ({ say, settleMs: 8_000, median: 30, most: 60, lines: { [line]: JITTER } });
const off = (condition) => ({ ...condition, say: `${condition.say}, not steered`, off: true });

const SESSIONS = {
  'direct': ['direct', ['ann'], [
    NONE, sound, picture('ann@lan'), jitter('30 ms jitter on the sound path', 'server'), jitter('30 ms jitter on the picture path', 'ann@lan'),
    off(NONE), off(sound), off(picture('ann@lan')),
    { say: 'direct → server in mid-call', cut: true, settleMs: 6_500, median: 45 },
  ]],
  'peer': ['peer', ['ann'], [
    NONE, sound, picture('mia@lan'), jitter('30 ms jitter on the sound path', 'server'), jitter('30 ms jitter on the picture path', 'mia@lan'),
  ]],
  'server': ['server', ['ann'], [
    NONE, { ...sound, say: 'both paths +150 ms' }, jitter('30 ms jitter on both paths', 'server'),
  ]],
  'two talkers': ['direct', ['ann', 'cid'], [
    { say: 'one picture +0, the other +150 ms', lines: { 'cid@lan': LATE }, settleMs: 10_000, median: 45 },
  ]],
};

const rows = [];
for (const [name, [kind, talkers, conditions]] of Object.entries(SESSIONS)) {
  const chosen = ALL ? conditions : conditions.slice(0, 1);
  if (!ALL && name !== 'direct') continue;
  test(`lips and voice are together: ${name}`, { timeout: 900_000, skip: unable() }, async (t) => {
    for (let take = 1, bad = [null]; bad.length > 0 && take <= TAKES; take += 1) {
      bad = [];
      await measure(kind, talkers, chosen, ALL ? 30 : 20, (row) => {
        rows.push(row);
        writeFileSync(TABLE, tableOf(rows));
        const told = tableOf([row]).split('\n')[2];
        t.diagnostic(told);
        if (row.good === false) bad.push(told);
      });
      if (take === TAKES) assert.deepEqual(bad, []);
    }
  });
}

after(() => { if (ALL) console.log(tableOf(rows)); });
