// What went wrong, in plain words.

import { say } from '../i18n.js';
import { Refused } from '../registration/api.js';

/** @type {Partial<Record<import('../protocol.d.ts').ErrorCode, import('../i18n.js').Key>>} */
const WORDS = {
  full: 'errorFull', no_conference: 'errorNoConference', bad_token: 'errorBadToken', bad_name: 'errorBadName',
  forbidden: 'errorForbidden', too_many: 'errorTooMany', locked: 'errorLocked', banned: 'errorBanned', denied: 'errorDenied',
};

/**
 * @param {import('../protocol.d.ts').ErrorCode} code
 * @param {string} message
 */
export function refusal(code, message) {
  const words = WORDS[code];
  return words ? say(words) : say('errorOther', { message });
}

/** @param {unknown} error */
export function sentence(error) {
  if (error instanceof Refused) return refusal(error.code, error.message);
  if (error instanceof TypeError || error instanceof SyntaxError) return say('errorNetwork');
  return say('errorOther', { message: String(error) });
}
