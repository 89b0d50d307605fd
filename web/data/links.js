// The links in a text that somebody wrote. Pure: what is shown is the text itself, piece by piece.

/** @typedef {{text: string, href: string | null}} Piece */

// Where one begins, and all that could belong to it: Chinese is written without spaces, so its own signs end one.
const LINK = /\bhttps?:\/\/[^\s<>"“”«»「」，。；：！？、（）【】]+/gi;
// What ends a sentence, not a link.
const AFTER = /[.,;:!?'’…]+$/u;

/** @type {Record<string, string>} */
const BRACKETS = { ')': '(', ']': '[', '}': '{' };

/**
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  const found = [...text.matchAll(LINK)].map(({ 0: all, index = 0 }) => ({ index, text: withoutEnd(all) }));
  const links = found.filter(({ text: link }) => hrefOf(link) !== null);
  /** @type {Piece[]} */ const parts = [];
  let at = 0;
  for (const { index, text: link } of links) {
    if (index > at) parts.push({ text: text.slice(at, index), href: null });
    parts.push({ text: link, href: hrefOf(link) });
    at = index + link.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), href: null });
  return parts;
}

/**
 * Without the signs of the sentence around it; a bracket belongs to it when it was opened in it.
 * @param {string} link
 */
function withoutEnd(link) {
  let shorter = link.replace(AFTER, '');
  const count = (/** @type {string} */ sign) => shorter.split(sign).length;
  const close = shorter.slice(-1);
  const open = BRACKETS[close];
  if (open) {
    if (count(close) > count(open)) return withoutEnd(shorter.slice(0, -1));
  }
  return shorter;
}

/**
 * Only where it can do no more than open a page.
 * @param {string} link
 */
function hrefOf(link) {
  try {
    const { protocol, href, hostname } = new URL(link);
    return (protocol === 'http:' || protocol === 'https:') && hostname ? href : null;
  } catch {
    return null;
  }
}
