// Making elements. Text is text, never HTML.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [className]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {string} text
 * @param {() => void} press
 * @param {string} [className]
 */
export function button(text, press, className = '') {
  const made = make('button', className, text);
  made.type = 'button';
  made.onclick = press;
  return made;
}

/**
 * A button that is on or off.
 * @param {string} text
 * @param {boolean} on
 * @param {() => void} press
 */
export function chip(text, on, press) {
  const made = button(text, press, 'chip');
  made.setAttribute('aria-pressed', String(on));
  return made;
}
