// Dialogs that are made when they are needed: to be answered, and whoever closes one otherwise has said no; or to be read.

import { button, make } from './make.js';

/**
 * Opens a dialog over whatever the page shows; it is gone once it is closed.
 * @param {string} className
 * @param {string} name
 * @param {HTMLElement[]} content
 */
export function opened(className, name, ...content) {
  const dialog = make('dialog', className, ...content);
  dialog.setAttribute('aria-label', name);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @param {string} question
 * @param {string} yes
 * @param {string} no
 * @param {{danger?: boolean, gone?: AbortSignal}} [how]  `danger`: it cannot be undone; `gone`: nobody asks any more
 * @returns {Promise<boolean>}
 */
export function ask(question, yes, no, { danger = false, gone } = {}) {
  const close = (/** @type {string} */ answer) => () => dialog.close(answer);
  const buttons = make('div', 'buttons', button(no, close('no')), button(yes, close('yes'), danger ? 'danger' : 'primary'));
  const dialog = opened('ask', question, make('p', '', question), buttons);
  gone?.addEventListener('abort', close('no'));
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
  });
}

/**
 * Shows something to be read, and closed.
 * @param {string} title
 * @param {string} close
 * @param {HTMLElement} content
 */
export function show(title, close, content) {
  const buttons = make('div', 'buttons', button(close, () => dialog.close(), 'primary'));
  const dialog = opened('roll', title, make('h2', '', title), content, buttons);
  return dialog;
}
