// Asking by a dialog. Whoever closes it otherwise has said no.

import { button, make } from './make.js';

/**
 * @param {string} question
 * @param {string} yes
 * @param {string} no
 * @param {{danger?: boolean, gone?: AbortSignal}} [how]  `danger`: it cannot be undone; `gone`: nobody asks any more
 * @returns {Promise<boolean>}
 */
export function ask(question, yes, no, { danger = false, gone } = {}) {
  const text = make('p', '', question);
  const dialog = make('dialog', 'ask', text);
  const close = (/** @type {string} */ answer) => () => dialog.close(answer);
  const buttons = make('div', 'buttons', button(no, close('no')), button(yes, close('yes'), danger ? 'danger' : 'primary'));
  dialog.append(buttons);
  dialog.setAttribute('aria-label', question);
  document.body.append(dialog);
  dialog.showModal();
  gone?.addEventListener('abort', close('no'));
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    };
  });
}

/**
 * Shows something to be read, and closed.
 * @param {string} title
 * @param {string} close
 * @param {HTMLElement} content
 */
export function show(title, close, content) {
  const heading = make('h2', '', title);
  const dialog = make('dialog', 'roll', heading, content);
  dialog.append(make('div', 'buttons', button(close, () => dialog.close(), 'primary')));
  dialog.setAttribute('aria-label', title);
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
  return dialog;
}
