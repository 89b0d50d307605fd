// Sentences in the reader's language: those of `words/`, with their blanks filled in. Only his language is loaded.

/** @typedef {keyof typeof import('./words/en.js').en} Key */
/** @typedef {Record<Key, string>} Words */

/** @type {Record<string, () => Promise<Words>>} */
export const languages = {
  en: async () => (await import('./words/en.js')).en,
  zh: async () => (await import('./words/zh.js')).zh,
};

/**
 * The first of the wanted languages that the page speaks.
 * @param {readonly string[]} wanted
 */
export function choose(wanted) {
  const known = wanted.map((tag) => tag.split('-')[0]).find((tag) => tag in languages);
  return known ?? 'en';
}

export const language = choose(globalThis.navigator?.languages ?? []);

const words = await languages[language]();

/**
 * A sentence, with its blanks filled in.
 * @param {Key} key
 * @param {Record<string, string | number>} [blanks]
 */
export function say(key, blanks = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(blanks[name] ?? ''));
}

/**
 * Puts sentences where the document asks for them with `data-say`, and names where it does with `data-label`.
 * @param {Document} document
 */
export function translate(document) {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-say]')) {
    element.textContent = say(/** @type {Key} */ (element.getAttribute('data-say')));
  }
  for (const element of document.querySelectorAll('[data-label]')) {
    const name = say(/** @type {Key} */ (element.getAttribute('data-label')));
    element.setAttribute('aria-label', name);
    element.setAttribute('title', name);
  }
}
