// Cameras and microphones. Knows no DOM but the media devices.

/** @typedef {import('../i18n.js').Key} Key */
/** @typedef {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null, trouble: Key | null}} Devices */
/** @typedef {{camera: string | null, microphone: string | null, music: boolean}} Choice  device ids; '' = any, null = none */

const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };

/** Whether the browser gives devices to this page at all. */
export const available = () => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);

/**
 * Opens what was chosen, or as much of it as there is.
 * @param {Choice} choice
 * @returns {Promise<Devices>}
 */
export async function open(choice) {
  if (!available()) return { camera: null, microphone: null, trouble: 'insecure' };
  const [camera, microphone] = await Promise.all([
    track('video', choice.camera, PICTURE),
    track('audio', choice.microphone, sound(choice.music)),
  ]);
  const trouble = camera.trouble ?? microphone.trouble;
  return { camera: camera.track, microphone: microphone.track, trouble };
}

/** @returns {Promise<{cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[]}>} */
export async function list() {
  const all = available() ? await navigator.mediaDevices.enumerateDevices() : [];
  const of = (/** @type {string} */ kind) => all.filter((device) => device.kind === kind && device.deviceId);
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

/** @param {boolean} music */
function sound(music) {
  return { echoCancellation: !music, noiseSuppression: !music, autoGainControl: !music };
}

/**
 * @param {'audio' | 'video'} kind
 * @param {string | null} device
 * @param {MediaTrackConstraints} constraints
 * @returns {Promise<{track: MediaStreamTrack | null, trouble: Key | null}>}
 */
async function track(kind, device, constraints) {
  if (device === null) return { track: null, trouble: null };
  const wanted = device ? { ...constraints, deviceId: { exact: device } } : constraints;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted });
    return { track: stream.getTracks()[0] ?? null, trouble: null };
  } catch (error) {
    return { track: null, trouble: troubleOf(error) };
  }
}

/**
 * @param {unknown} error
 * @returns {Key}
 */
export function troubleOf(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refusedDevices';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busyDevices';
  return 'noDevices';
}
