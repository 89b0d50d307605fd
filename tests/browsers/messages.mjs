// What the service says to a page: an instrument that is in the page before its own scripts run. Every message of
// every WebSocket is kept, word for word.

/** @param {import('puppeteer-core').Page} page */
export function keepMessages(page) {
  return page.evaluateOnNewDocument(keep);
}

/**
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<string[]>}
 */
export function messagesTo(page) {
  return page.evaluate(() => keptMessages);
}

function keep() {
  const kept = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...how) {
      super(...how);
      this.addEventListener('message', ({ data }) => kept.push(String(data)));
    }
  };
  Object.defineProperty(globalThis, 'keptMessages', { value: kept });
}
