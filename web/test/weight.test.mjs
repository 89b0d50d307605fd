// A page stays light: all that a browser loads to show it, as it is sent, in gzip. What is loaded when it is asked for (a
// second language, codes to scan in a conference, the worker of who passes pictures on) is not part of it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { languages } from '../i18n.js';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const MOST = 150_000;
/** How a file names those that are loaded with it. */
const NAMES = {
  '.html': /(?:src|href)="(\/[\w/-]+\.\w+)"/g,
  '.js': /^(?:import|export)\s[^;]*?from '(\.[^']+)';|[`'](\/[\w/-]+\.(?:svg|css))/gm,
};

for (const page of ['index.html', 'conference.html']) {
  test(`${page} weighs less than 150 kB`, () => {
    const weights = [...loadedBy(page)].map((file) => [file, weightOf(file)]);
    assert.ok(weights.length > 10, 'its files were found');
    const words = Math.max(...Object.keys(languages).map((language) => weightOf(join('words', `${language}.js`))));
    const all = weights.reduce((sum, [, weight]) => sum + weight, words);
    const heaviest = weights.sort(([, a], [, b]) => b - a).slice(0, 5).join(' ');
    assert.ok(all < MOST, `${all} octets in ${weights.length} files; the heaviest: ${heaviest}`);
  });
}

/**
 * It, and all that it names, and what these name.
 * @param {string} file
 */
function loadedBy(file, known = new Set()) {
  if (known.has(file)) return known;
  known.add(file);
  for (const name of namedIn(file)) loadedBy(name, known);
  return known;
}

/** @param {string} file */
function namedIn(file) {
  const found = [...readFileSync(join(WEB, file), 'utf8').matchAll(NAMES[extname(file)] ?? /$^/g)];
  const names = found.map(([, relativeName, absolute]) => relativeName ?? absolute);
  const paths = names.map((name) => relative(WEB, name.startsWith('/') ? join(WEB, name) : join(WEB, dirname(file), name)));
  for (const path of paths) assert.ok(existsSync(join(WEB, path)), `${file} names ${path}`);
  return paths;
}

/** @param {string} file */
function weightOf(file) { return gzipSync(readFileSync(join(WEB, file)), { level: 9 }).length; }
