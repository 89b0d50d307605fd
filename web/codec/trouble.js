// Why a browser gives a page no camera or microphone. Pure.

/** @typedef {'insecure' | 'unsupported' | 'user' | 'dismissed' | 'system' | 'frame' | 'framed' | 'none' | 'busy' | 'unfit' | 'other'} Trouble */

/**
 * @typedef {object} Circumstances
 * @property {boolean} secure  whether the page came over https, or from this machine
 * @property {boolean} framed  whether another page shows this one in a frame
 * @property {boolean | null} delegated  whether that page passes the device on; null: the browser does not tell
 */

/**
 * Why there are no devices at all, before one has asked for any.
 * @param {Circumstances} circumstances
 * @returns {Trouble}
 */
export const withoutDevices = ({ secure }) => (secure ? 'unsupported' : 'insecure');

/**
 * What an error of `getUserMedia` (Media Capture and Streams, section 10.2) comes from.
 * @param {unknown} error
 * @param {Circumstances} circumstances
 * @returns {Trouble}
 */
export function troubleOf(error, circumstances) {
  const { name, message } = /** @type {{name?: string, message?: string}} */ (error ?? {});
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError': return refused(message ?? '', circumstances);
    case 'NotFoundError': return 'none';
    case 'NotReadableError':
    case 'AbortError': return 'busy';
    case 'OverconstrainedError': return 'unfit';
    default: return 'other';
  }
}

/**
 * The standard has one name for all refusals; the sentences are Chromium's.
 * @param {string} message
 * @param {Circumstances} circumstances
 * @returns {Trouble}
 */
function refused(message, { framed, delegated }) {
  if (framed && delegated === false) return 'frame';
  if (/system/i.test(message)) return 'system';
  if (/dismissed/i.test(message)) return 'dismissed';
  return framed && delegated === null ? 'framed' : 'user';
}

/** Whether another device may do where this one did not. @param {unknown} error */
export function isGone(error) {
  const { name } = /** @type {{name?: string}} */ (error ?? {});
  return name === 'OverconstrainedError' || name === 'NotFoundError';
}
