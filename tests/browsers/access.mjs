// Whether everyone can use a view: WCAG 2.2 AA as far as axe can tell, in both colour schemes, at a desk and on a phone,
// also from right to left; nothing is wider than the screen; and all that one can press is reached by the Tab key.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const SCHEMES = ['light', 'dark'];
export const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];

/**
 * Looks at what the page shows now, and takes its pictures.
 * @param {import('./person.mjs').Person} person
 * @param {string} view  for messages and files
 */
export async function everyoneCanUse(person, view) {
  const { page } = person;
  const wrong = [];
  for (const scheme of SCHEMES) {
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    for (const size of SIZES) {
      await person.picture(`${view}-${scheme}`, size);
      const place = `${view}, ${scheme}, ${size.width} px`;
      wrong.push(...(await violations(page)).map((text) => `${place}: ${text}`), ...await tooWide(page, place));
    }
  }
  wrong.push(...await fromTheRight(page, `${view}, right to left`), ...await notReached(page, view));
  await page.setViewport(SIZES[0]);
  assert.deepEqual(wrong, []);
}

/** @param {import('puppeteer-core').Page} page */
async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => globalThis.axe.run({ runOnly: rules, resultTypes: ['violations'] }), RULES);
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id} (${help}) at ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join(' ').trim()}`));
}

async function tooWide(page, place) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  return wide > room ? [`${place}: ${wide} pixels wide`] : [];
}

/** What is laid out by left and right instead of start and end sticks out, or is where nobody looks for it. */
async function fromTheRight(page, place) {
  await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
  const wrong = await tooWide(page, place);
  await page.evaluate(() => { document.documentElement.dir = ''; });
  return wrong;
}

/** All that can be pressed or filled in is reached by Tab, and one sees where one is. */
async function notReached(page, view) {
  const count = await page.evaluate(() => {
    const top = document.querySelector('dialog:modal') ?? document;
    const all = [...top.querySelectorAll('a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary')];
    const offered = all.filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0);
    offered.forEach((one) => { one.dataset.offered = ''; });
    document.activeElement?.blur();
    return offered.length;
  });
  const unseen = new Set();
  for (let i = 0; i < count + 3; i += 1) {
    await page.keyboard.press('Tab');
    const plain = await page.evaluate(() => {
      const one = document.activeElement;
      if (!(one instanceof HTMLElement) || one === document.body) return null;
      delete one.dataset.offered;
      const { outlineStyle, boxShadow } = getComputedStyle(one);
      return outlineStyle === 'none' && boxShadow === 'none' ? one.outerHTML.slice(0, 90) : null;
    });
    if (plain) unseen.add(plain);
  }
  const left = await page.evaluate(() => [...document.querySelectorAll('[data-offered]')].map((one) => {
    delete one.dataset.offered;
    return one.outerHTML.slice(0, 90);
  }));
  return [
    ...left.map((text) => `${view}: not reached by Tab: ${text}`),
    ...[...unseen].map((text) => `${view}: focus is not seen: ${text}`),
  ];
}
