// Which way pictures take across NATs, firewalls and bad lines: the scenarios (../../scenarios) that have a story, told.
// One for each rung here; all of them with CONVENE_SCENARIOS=all, or those whose names are given there (a,b,c).
// The table of what had to be seen and what was goes to out/scenarios.md.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scenarioFile } from '../laboratory.mjs';
import { inWords, tellScenario } from '../scenario.mjs';
import { unable } from '../stage.mjs';
import { table } from '../table.mjs';

const TABLE = fileURLToPath(new URL('../out/scenarios.md', import.meta.url));
const ONE_FOR_EACH_RUNG = ['cone', 'claimed', 'three-symmetric', 'cut-three', 'hidden', 'every-mix'];

const told = [];
for (const name of chosen(process.env.CONVENE_SCENARIOS)) {
  test(name, { timeout: 300_000, skip: unable({ firefox: true }) }, async (t) => {
    const scenario = { name, findings: [] };
    told.push(scenario);
    try {
      await tellScenario(scenarioFile(name), (finding) => {
        scenario.findings.push(finding);
        t.diagnostic(inWords(finding));
      });
    } catch (error) {
      scenario.trouble = error.message;
      throw error;
    }
  });
}

after(() => {
  writeFileSync(TABLE, table(told));
  if (process.env.CONVENE_SCENARIOS) console.log(table(told));
});

function chosen(wish) {
  if (!wish) return ONE_FOR_EACH_RUNG;
  return wish === 'all' ? withStories() : wish.split(',');
}

function withStories() {
  const files = readdirSync(dirname(scenarioFile('any'))).filter((file) => file.endsWith('.toml'));
  const hasStory = (name) => /^\[story\]$/m.test(readFileSync(scenarioFile(name), 'utf8'));
  return files.map((file) => basename(file, '.toml')).filter(hasStory).sort();
}
