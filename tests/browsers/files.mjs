// Files for stories: how one is chosen in a page, and a picture.

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { until } from './until.mjs';

const OFFERED_WITHIN_MS = 30_000;

/**
 * Chooses a file in the page: these octets, or so many that are the same every time.
 * @param {import('./person.mjs').Person} person
 * @param {{name: string, size?: number, octets?: number[], type?: string}} file
 * @returns {Promise<string>}  its SHA-256
 */
export async function offer(person, { name, size = 0, octets, type = '' }) {
  await person.page.bringToFront();
  await person.page.evaluate((name, size, octets, type) => {
    const whole = octets ? Uint8Array.from(octets) : Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 9)) & 255);
    const data = new DataTransfer();
    data.items.add(new File([whole], name, { type }));
    const choose = document.querySelector('#choose');
    choose.files = data.files;
    choose.dispatchEvent(new Event('change'));
  }, name, size, octets, type);
  await until(`${person.name} offers ${name}`, OFFERED_WITHIN_MS, () => row(person, name));
  const whole = octets ? Uint8Array.from(octets) : Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 9)) & 255);
  return createHash('sha256').update(whole).digest('hex');
}

/** What stands there of that file; null: nothing. */
export function row(person, name) {
  return person.page.evaluate((name) => {
    const bubble = [...document.querySelectorAll('#messages .file')].find((one) => one.querySelector('.name').textContent === name);
    const shown = (one) => one.checkVisibility();
    return bubble ? {
      note: bubble.querySelector('.note').textContent,
      buttons: [...bubble.querySelectorAll('button')].filter(shown).map((one) => one.getAttribute('aria-label')),
    } : null;
  }, name);
}

/** A red picture, as its octets. */
export function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const lines = Buffer.concat(Array.from({ length: height }, () => Buffer.from([0, ...Array(width).fill([255, 0, 0]).flat()])));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return [...Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))])];
}

/** As PNG has it (ISO 3309). */
function crc32(octets) {
  let sum = -1;
  for (const octet of octets) {
    sum ^= octet;
    for (let i = 0; i < 8; i += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ -1) >>> 0;
}
