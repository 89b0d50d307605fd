// One WebSocket with the service: typed messages in and out. Knows no DOM, and nothing of the sockets before and after it.

/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ServerMessage} ServerMessage */

/**
 * @typedef {object} Ears
 * @property {() => void} opened  one can send
 * @property {(message: ServerMessage) => void} heard
 * @property {() => void} closed  without our doing
 */

/** As much of it as whoever holds it needs. @typedef {Pick<Socket, 'send' | 'close' | 'drop'>} Wire */

// A close code that is not 1000 says that one is only away. What was written when the network went arrives when it is back.
const ANOTHER_FOLLOWS = 4000;

export class Socket {
  #socket;

  /**
   * @param {string} conference
   * @param {Ears} ears
   */
  constructor(conference, ears) {
    const url = new URL(`/api/v1/conferences/${encodeURIComponent(conference)}/socket`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    const socket = this.#socket = new WebSocket(url);
    socket.onopen = ears.opened;
    socket.onmessage = ({ data }) => ears.heard(JSON.parse(data));
    socket.onclose = ears.closed;
  }

  /** @param {ClientMessage} message */
  send(message) {
    const open = this.#socket.readyState === WebSocket.OPEN;
    if (open) this.#socket.send(JSON.stringify(message));
    return open;
  }

  /** Ends it, and so the participant's stay. Nothing is heard of it any more. */
  close() { this.#end(1000); }

  /** Ends it, since another follows: the service keeps the place. */
  drop() { this.#end(ANOTHER_FOLLOWS); }

  /** @param {number} code */
  #end(code) {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }
}
