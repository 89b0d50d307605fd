// Headless Chromium on a lab's host.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { on } from './host.mjs';
import { SWELL, toneWav } from './tone.mjs';

const PROGRAM = '/usr/bin/chromium';

// Nothing that would call out of the lab or slow down a page that nobody looks at.
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-default-apps',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  // Tests run as root in a network of their own.
  '--no-sandbox',
  '--disable-gpu',
];

/** Why Chromium cannot be used here, or null. */
export function chromiumMissing() {
  return existsSync(PROGRAM) ? null : `${PROGRAM} is missing`;
}

/**
 * @param {import('./host.mjs').Lab} lab
 * @param {import('./host.mjs').Host} host
 * @param {{origin: string, tone?: number, right?: number, autoplay?: boolean, asked?: boolean}} how
 *   `origin` counts as secure, so that devices may be used; without `tone` there are neither microphone nor camera;
 *   without `autoplay` sound waits for a click; `asked`: whether to give devices is decided by the context's permissions
 */
export function startChromium(lab, host, { origin, tone, right, autoplay = true, asked = false }) {
  const args = [...QUIET, `--unsafely-treat-insecure-origin-as-secure=${origin}`];
  if (autoplay) args.push('--autoplay-policy=no-user-gesture-required');
  if (tone) args.push(...fakeDevices(lab, tone, right));
  if (tone && !asked) args.push('--use-fake-ui-for-media-stream');
  return puppeteer.launch({
    executablePath: on(lab, host, PROGRAM),
    pipe: true,
    userDataDir: join(lab.folder, `${host.name}-profile`),
    args,
    env: { ...process.env, HOME: lab.folder, LANG: 'en_US.UTF-8' },
  });
}

function fakeDevices(lab, tone, right) {
  const file = join(lab.folder, `${tone}-${right}.wav`);
  writeFileSync(file, toneWav(tone, { swell: SWELL, right }));
  return [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${file}`,
  ];
}
