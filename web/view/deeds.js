// What a moderator did, as a sentence.

import { say } from '../i18n.js';
import { PERMISSIONS, ROLES } from './person-row.js';

/** @typedef {import('../protocol.d.ts').Action} Action */
/** @typedef {import('../i18n.js').Key} Key */

/** @param {import('../protocol.d.ts').AuditEntry} entry */
export function deed({ by, action, whom }) {
  if (!by) return say('deedFell', { whom: whom ?? '' });
  const what = 'permission' in action ? say(PERMISSIONS[action.permission]) : '';
  const role = action.kind === 'role' ? say(ROLES[action.role]) : '';
  return say(wordsOf(action), { by: by.name, whom: whom ?? '', what, role });
}

/**
 * @param {Action} action
 * @returns {Key}
 */
function wordsOf(action) {
  const all = 'participant' in action && action.participant === null;
  switch (action.kind) {
    case 'mute': return all ? 'deedMuteAll' : 'deedMute';
    case 'permit':
      if (action.allowed) return all ? 'deedAllowAll' : 'deedAllow';
      return all ? 'deedForbidAll' : 'deedForbid';
    case 'ask': return 'deedAsk';
    case 'lower_hand': return all ? 'deedLowerHands' : 'deedLowerHand';
    case 'admit': return all ? 'deedAdmitAll' : 'deedAdmit';
    case 'deny': return action.ban ? 'deedDenyBan' : 'deedDeny';
    case 'lobby': return action.on ? 'deedLobby' : 'deedNoLobby';
    case 'lock': return action.on ? 'deedLock' : 'deedUnlock';
    case 'remove': return action.ban ? 'deedBan' : 'deedRemove';
    case 'unban': return 'deedUnban';
    case 'role': return 'deedRole';
    case 'withdraw': return 'deedWithdraw';
    case 'hand_over': return 'deedHandOver';
    default: return 'deedOther';
  }
}
