// What is the matter with a camera or a microphone, and what one can do, in plain words.

import { say } from '../i18n.js';

/** @typedef {import('../codec/devices.js').Opened} Opened */
/** @typedef {import('../i18n.js').Key} Key */

/** @type {Record<import('../codec/trouble.js').Trouble, Key>} */
const WORDS = {
  insecure: 'deviceInsecure',
  unsupported: 'deviceUnsupported',
  user: 'deviceRefused',
  dismissed: 'deviceDismissed',
  system: 'deviceSystem',
  frame: 'deviceFrame',
  framed: 'deviceFramed',
  none: 'deviceNone',
  busy: 'deviceBusy',
  unfit: 'deviceUnfit',
  other: 'deviceOther',
};

/**
 * Each trouble once, and that one can join all the same.
 * @param {{camera: Opened, microphone: Opened}} opened
 * @param {string} speakerGone  the name of the one that is not there, or nothing
 * @returns {string[]}
 */
export function troublesOf({ camera, microphone }, speakerGone) {
  const instead = (/** @type {string | undefined} */ gone, /** @type {string} */ other) => (gone ? [say('deviceGone', { gone, instead: other })] : []);
  const gone = [
    ...instead(camera.gone, camera.track?.label ?? ''), ...instead(microphone.gone, microphone.track?.label ?? ''),
    ...instead(speakerGone, say('anySpeaker')),
  ];
  if (!camera.trouble && !microphone.trouble) return gone;
  const same = camera.trouble === microphone.trouble && camera.trouble !== 'other';
  const troubles = same
    ? [sentence(camera, camera.trouble === 'none' ? 'eitherDevice' : 'bothDevices')]
    : [sentence(camera, 'cameraDevice'), sentence(microphone, 'microphoneDevice')];
  return [...troubles.filter(Boolean), ...gone, say('joinAnyway')];
}

/**
 * @param {Opened} opened
 * @param {Key} device
 */
function sentence({ trouble, message }, device) {
  return trouble ? say(WORDS[trouble], { device: say(device), message: message ?? '' }) : '';
}
