// The whole page, with all its views and a language, stays light: as it is sent, in gzip.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const SENT = new Set(['.html', '.js', '.css', '.svg', '.png', '.ico', '.webmanifest']);
const NOT_OURS = ['node_modules', 'test'];
const MOST = 150_000;

test('the page weighs less than 150 kB', () => {
  const files = readdirSync(WEB, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? below(entry.name) : entry.name));
  const weights = files.filter((file) => SENT.has(extname(file)))
    .map((file) => [file, gzipSync(readFileSync(join(WEB, file)), { level: 9 }).length]);
  assert.ok(weights.length > 20, 'the page was found');
  // A browser loads one language.
  const languages = weights.filter(([file]) => file.startsWith('words/')).map(([, weight]) => weight);
  assert.ok(languages.length > 1, 'languages were found');
  const unread = sum(languages) - Math.max(...languages);
  const all = sum(weights.map(([, weight]) => weight)) - unread;
  const heaviest = weights.sort(([, a], [, b]) => b - a).slice(0, 5).join(' ');
  assert.ok(all < MOST, `${all} octets; the heaviest: ${heaviest}`);
});

const sum = (weights) => weights.reduce((all, weight) => all + weight, 0);

function below(folder) {
  if (NOT_OURS.includes(folder)) return [];
  return readdirSync(join(WEB, folder), { recursive: true }).map((file) => join(folder, String(file)));
}
