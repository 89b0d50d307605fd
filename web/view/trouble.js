// What went wrong, in plain words.

import { say } from '../i18n.js';
import { NotDone } from '../permission/acts.js';
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

/** Where what was asked for says more than the error's name. @type {Partial<Record<string, import('../i18n.js').Key>>} */
const SAID = {
  'say forbidden': 'chatForbidden', 'say too_many': 'errorTooFast', 'say bad_text': 'errorBadText',
  'offer forbidden': 'filesForbidden', 'offer too_many': 'errorTooFast', 'offer bad_file': 'errorBadFile', 'offer full': 'errorManyFiles',
  'ask forbidden': 'errorAskedInVain', 'role forbidden': 'errorLastModerator', 'hand_over forbidden': 'errorLastModerator',
  'permit forbidden': 'errorIsModerator', 'remove forbidden': 'errorIsModerator',
  'unban out_of_order': 'errorGone', 'say out_of_order': 'errorGone',
};

/**
 * @param {NotDone} error
 * @param {boolean} moderates  whether one is a moderator: who is not is told nothing finer than that
 */
export function notDone({ action, code, message }, moderates = true) {
  if (code === 'lost') return say('errorLost');
  if (code === 'no_participant') return say('errorGone');
  const words = moderates || ['say', 'offer'].includes(action.kind) ? SAID[`${action.kind} ${code}`] : undefined;
  return words ? say(words) : refusal(code, message);
}

/** @param {unknown} error */
export function sentence(error) {
  if (error instanceof NotDone) return notDone(error);
  if (error instanceof Refused) return refusal(error.code, error.message);
  if (error instanceof TypeError || error instanceof SyntaxError) return say('errorNetwork');
  return say('errorOther', { message: String(error) });
}
