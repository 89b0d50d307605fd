// The start page: which conferences there are, and a new one.

import { say, translate } from './i18n.js';
import { create, list } from './registration/api.js';
import { sentence } from './view/trouble.js';

const form = /** @type {HTMLFormElement} */ (document.querySelector('#create'));
const trouble = /** @type {HTMLElement} */ (document.querySelector('#trouble'));

translate(document);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(make);
});
attempt(show);

async function show() {
  const conferences = await list();
  /** @type {HTMLElement} */ (document.querySelector('#none')).hidden = conferences.length > 0;
  document.querySelector('#list')?.replaceChildren(...conferences.map(row));
}

async function make() {
  const fields = new FormData(form);
  const made = await create({
    title: String(fields.get('title') ?? '').trim(),
    max_participants: Number(fields.get('max')),
    listed: fields.has('listed'),
    topology: null,
    sound: 'mix',
  });
  location.assign(`/c/${made.id}#t=${made.moderator_token}`);
}

/** @param {import('./protocol.d.ts').ConferenceSummary} conference */
function row(conference) {
  const link = document.createElement('a');
  link.href = `/c/${conference.id}`;
  link.textContent = conference.title || say('untitled');
  const people = document.createElement('span');
  people.textContent = say('people', { count: conference.participants, max: conference.max_participants });
  const item = document.createElement('li');
  item.append(link, people);
  return item;
}

/** @param {() => Promise<void>} what */
async function attempt(what) {
  trouble.hidden = true;
  try {
    await what();
  } catch (error) {
    trouble.textContent = sentence(error);
    trouble.hidden = false;
  }
}
