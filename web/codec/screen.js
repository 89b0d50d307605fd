// A screen, a window or a tab to be shared. Knows no DOM but the media devices.

/** @typedef {import('../i18n.js').Key} Key */

// Text has to be sharp rather than swift.
const PICTURE = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } };

// What is shown is no voice.
const SOUND = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** Whether the browser can share one at all. */
export const canShare = () => Boolean(globalThis.navigator?.mediaDevices?.getDisplayMedia);

/**
 * Asks for one, with its sound where the browser and whoever chooses give that.
 * @returns {Promise<{shown: import('../own.js').Shown | null, trouble: Key | null}>}  neither: it was thought better of
 */
export async function open() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: PICTURE, audio: SOUND });
    const [picture] = stream.getVideoTracks();
    const [sound = null] = stream.getAudioTracks();
    picture.contentHint = 'detail';
    return { shown: { picture, sound }, trouble: null };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    return { shown: null, trouble: refused ? null : 'noScreen' };
  }
}
