// Finding what the document has.

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (found);
}

/**
 * Shows one of the views.
 * @param {'joining' | 'waiting' | 'room' | 'over'} view
 */
export function only(view) {
  for (const id of ['joining', 'waiting', 'room', 'over']) element(id).hidden = id !== view;
}
