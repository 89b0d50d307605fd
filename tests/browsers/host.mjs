// How a program is run on a host of a laboratory, whichever kind of laboratory it is: by the words that stand before
// it and lead there.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{name: string, enter: string[], address: string}} Host
 * @typedef {{folder: string}} Lab  `folder`: for what is needed as long as the laboratory
 */

/**
 * Starts a program on the host.
 * @param {Host} host
 * @param {string[]} command
 * @param {import('node:child_process').SpawnOptions} options
 */
export function start({ enter: [first, ...others] }, command, options) {
  return spawn(first, [...others, ...command], options);
}

/**
 * Runs a program on the host to its end, and gives back what it says.
 * @param {{enter: string[]}} host
 * @param {string[]} command
 * @param {string} [input]
 * @returns {string}
 */
export function run({ enter: [first, ...others] }, command, input) {
  return execFileSync(first, [...others, ...command], { input, encoding: 'utf8' });
}

/**
 * A program's path that runs `program` on `host`; for drivers that want a path and add arguments themselves.
 * @param {Lab} lab
 * @param {Host} host
 * @param {string} program
 */
export function on(lab, host, program) {
  const path = join(lab.folder, `${host.name}-${program.replaceAll('/', '-')}`);
  writeFileSync(path, `#!/bin/sh\nexec ${host.enter.join(' ')} ${program} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/**
 * Hands commands to nftables on the host.
 * @param {{enter: string[]}} host
 * @param {string} commands
 */
export function nft(host, commands) {
  run(host, ['nft', '-f', '-'], commands);
}
