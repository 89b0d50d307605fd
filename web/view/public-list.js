// The public conferences and how many are in each, looked up again and again while somebody looks.

import { say } from '../i18n.js';
import { list } from '../registration/api.js';
import { element } from './elements.js';
import { sentence } from './trouble.js';
import { dayAndTime } from './when.js';

/** @typedef {import('../protocol.d.ts').ConferenceSummary} ConferenceSummary */

// Milliseconds between two looks.
const LOOK = 5_000;

/** Shows the list from now on. */
export function showList() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let next;
  const look = async () => {
    clearTimeout(next);
    await tell();
    clearTimeout(next);
    if (document.visibilityState === 'visible') next = setTimeout(look, LOOK);
  };
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void look(); });
  void look();
}

async function tell() {
  try {
    show(await list());
    element('unlisted').hidden = true;
  } catch (error) {
    element('unlisted').textContent = sentence(error);
    element('unlisted').hidden = false;
  }
}

/** What somebody has the keyboard's focus on stays where it is. @param {ConferenceSummary[]} conferences */
function show(conferences) {
  const rows = element('list');
  const old = new Map([...rows.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.id, /** @type {HTMLElement} */ (row)]));
  const now = conferences.map((conference) => fill(old.get(conference.id) ?? makeRow(conference), conference));
  for (const row of old.values()) if (!now.includes(row)) row.remove();
  now.forEach((row, i) => { if (rows.children[i] !== row) rows.insertBefore(row, rows.children[i] ?? null); });
  element('none').hidden = conferences.length > 0;
}

/** @param {ConferenceSummary} conference */
function makeRow({ id, title }) {
  const row = document.createElement('li');
  row.dataset.id = id;
  const link = document.createElement('a');
  link.href = `/c/${id}`;
  link.textContent = title || say('untitled');
  row.append(link, document.createElement('span'), document.createElement('span'));
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {ConferenceSummary} conference
 */
function fill(row, { participants, max_participants, starts_at }) {
  const [, people, begins] = row.children;
  people.textContent = say('people', { count: participants, max: max_participants });
  people.className = participants > 0 ? 'people some' : 'people';
  const waits = starts_at !== null && starts_at * 1_000 > Date.now();
  begins.className = 'begins';
  begins.textContent = waits ? say('beginsAt', { when: dayAndTime(starts_at) }) : '';
  return row;
}
