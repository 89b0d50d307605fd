// Another site, on the loopback of a host: one page that shows a conference in a frame, asks it for what the story
// wants and keeps what it says. Started on the host by `openSite`.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { start } from './host.mjs';
import { undo } from './undo.mjs';

/**
 * @param {import('./host.mjs').Host} host
 * @param {number} port
 * @returns {Promise<string>}  its origin
 */
export async function openSite(host, port) {
  const child = start(host, [process.execPath, fileURLToPath(import.meta.url), String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  undo(() => child.kill('SIGKILL'));
  await new Promise((resolve) => { child.stdout.once('data', resolve); });
  child.unref();
  return `http://127.0.0.1:${port}`;
}

/**
 * Shows a conference in the site's page.
 * @param {import('puppeteer-core').Page} page  of the site
 * @param {string} url  of the conference
 * @param {string} allow  what is delegated to it
 */
export function showInFrame(page, url, allow) {
  return page.evaluate((src, delegated) => {
    globalThis.heard = [];
    addEventListener('message', ({ data, origin }) => heard.push({ ...data, origin }));
    const frame = Object.assign(document.createElement('iframe'), { src, allow: delegated, id: 'meet', width: 800, height: 600 });
    document.body.replaceChildren(frame);
  }, url, allow);
}

/** Says something to the conference in the frame. */
export function sayToFrame(page, message) {
  return page.evaluate((said) => document.querySelector('#meet').contentWindow.postMessage(said, '*'), message);
}

/** What the frame has said so far, and from which origin. */
export const heardFromFrame = (page) => page.evaluate(() => heard);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = '<!doctype html><title>Another site</title><body>';
  createServer((_, response) => response.setHeader('content-type', 'text/html').end(page))
    .listen(Number(process.argv[2]), '127.0.0.1', () => console.log('open'));
}
