// A screen, a window or a tab to be shared. Knows no DOM but the media devices.

/** @typedef {import('../i18n.js').Key} Key */

// Text has to be sharp rather than swift.
const PICTURE = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } };

/** Whether the browser can share one at all. */
export const canShare = () => Boolean(globalThis.navigator?.mediaDevices?.getDisplayMedia);

/**
 * Asks for one.
 * @returns {Promise<{track: MediaStreamTrack | null, trouble: Key | null}>}  neither: it was thought better of
 */
export async function open() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: PICTURE });
    const [track] = stream.getVideoTracks();
    track.contentHint = 'detail';
    return { track, trouble: null };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    return { track: null, trouble: refused ? null : 'noScreen' };
  }
}
