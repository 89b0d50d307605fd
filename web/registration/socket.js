// The WebSocket with the service: typed messages in and out. Knows no DOM.

/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ServerMessage} ServerMessage */

/**
 * @template {ServerMessage['type']} T
 * @typedef {Extract<ServerMessage, {type: T}>} Message
 */

/** @typedef {{[T in ServerMessage['type']]?: (message: Message<T>) => void}} Handlers */

export class Socket {
  /** @type {WebSocket} */ #socket;

  /**
   * @param {string} conference
   * @param {Handlers} handlers
   * @param {() => void} lost  called when it closes without our doing
   */
  constructor(conference, handlers, lost) {
    const url = new URL(`/api/v1/conferences/${encodeURIComponent(conference)}/socket`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => dispatch(handlers, JSON.parse(data));
    this.#socket.onclose = lost;
  }

  /** Resolves when one can send. */
  opened() {
    return new Promise((resolve) => { this.#socket.onopen = resolve; });
  }

  /** @param {ClientMessage} message */
  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Ends it for good. */
  close() {
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#socket.close(1000);
  }
}

/**
 * @param {Handlers} handlers
 * @param {ServerMessage} message
 */
function dispatch(handlers, message) {
  const handler = /** @type {((message: ServerMessage) => void) | undefined} */ (handlers[message.type]);
  handler?.(message);
}
