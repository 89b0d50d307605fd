// The start page, as a recipe: which conferences there are, a new one, and how others come to it.

import { say, translate } from './i18n.js';
import { forThisTab } from './kept.js';
import { create, Refused } from './registration/api.js';
import { local, wishesOf } from './registration/wishes.js';
import { element } from './view/elements.js';
import { invitation } from './view/invite.js';
import { showList } from './view/public-list.js';
import { sentence } from './view/trouble.js';

/** @typedef {{id: string, title: string, guests: string, moderator: string}} Made */

const form = /** @type {HTMLFormElement} */ (element('create'));
const trouble = element('trouble');
const token = /** @type {HTMLInputElement} */ (form.elements.namedItem('token'));

translate(document);
showList();
/** @type {HTMLInputElement} */ (form.elements.namedItem('starts')).min = local(new Date());
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
// Going back and forth, and loading again, lose no moderator's link.
addEventListener('popstate', ({ state }) => show(state));
show(history.state);

async function submit() {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button.primary'));
  trouble.hidden = true;
  button.disabled = true;
  try {
    await make();
  } catch (error) {
    tell(error);
  } finally {
    button.disabled = false;
  }
}

async function make() {
  const wishes = wishesOf(new FormData(form));
  const { id, url, moderator_token } = await create(wishes, token.value || undefined);
  forThisTab.put(`token ${id}`, moderator_token);
  const made = { id, title: wishes.title, guests: url, moderator: `${url}#t=${moderator_token}` };
  history.pushState(made, '');
  show(made);
}

/** @param {Made | null} made */
function show(made) {
  element('start').hidden = made !== null;
  element('made').hidden = made === null;
  document.title = made?.title || say('title');
  if (!made) return;
  element('made-title').textContent = made.title || say('untitled');
  element('invitation').replaceChildren(invitation(made));
  /** @type {HTMLAnchorElement} */ (element('enter')).href = `/c/${made.id}${new URL(made.moderator).hash}`;
  element('made-title').focus();
  scrollTo(0, 0);
}

/** @param {unknown} error */
function tell(error) {
  const asked = error instanceof Refused && error.code === 'bad_token';
  trouble.textContent = asked ? say(token.value ? 'createTokenWrong' : 'createTokenNeeded') : sentence(error);
  trouble.hidden = false;
  if (!asked) return;
  element('creation-token').hidden = false;
  token.required = true;
  token.focus();
}
