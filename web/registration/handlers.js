// Which message is whose.

/** @typedef {import('../protocol.d.ts').ServerMessage} ServerMessage */

/**
 * @template {ServerMessage['type']} T
 * @typedef {Extract<ServerMessage, {type: T}>} Message
 */

/** @typedef {{[T in ServerMessage['type']]?: (message: Message<T>) => void}} Handlers */

/**
 * @param {Handlers} handlers
 * @param {ServerMessage} message
 */
export function dispatch(handlers, message) {
  const handler = /** @type {((message: ServerMessage) => void) | undefined} */ (handlers[message.type]);
  handler?.(message);
}
