// Opens cameras and microphones, and knows which there are. Knows no DOM but the media devices.

import { find } from './choices.js';
import { isGone, troubleOf, withoutDevices } from './trouble.js';

/** @typedef {import('./choices.js').Known} Known */
/** @typedef {import('./trouble.js').Trouble} Trouble */
/** @typedef {'camera' | 'microphone'} Kind */
/** @typedef {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null, speaker: string}} Devices  speaker: its id; '' = any */

/**
 * What became of a wish for a device.
 * @typedef {object} Opened
 * @property {MediaStreamTrack | null} track
 * @property {Trouble | null} trouble
 * @property {string} [message]  the browser's own words for it
 * @property {string} [gone]  the name of the one that was wanted: `track` is of another
 */

/** @type {Record<Kind, {media: 'video' | 'audio', listed: MediaDeviceKind}>} */
const KINDS = {
  camera: { media: 'video', listed: 'videoinput' },
  microphone: { media: 'audio', listed: 'audioinput' },
};

const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };

/** Whether the browser gives devices to this page at all. */
export const available = () => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);

/** Whether it was opened for music. @param {MediaStreamTrack | null} microphone */
export const isMusic = (microphone) => microphone?.getSettings().echoCancellation === false;

/** By what it is known again. @param {MediaStreamTrack} track @returns {Known} */
export const knownOf = (track) => ({ id: track.getSettings().deviceId ?? '', label: track.label });

/**
 * Opens one device: the one that is known, else another.
 * @param {Kind} kind
 * @param {Known | null} known  null: none
 * @param {boolean} music
 * @returns {Promise<Opened>}
 */
export async function open(kind, known, music) {
  if (!known) return { track: null, trouble: null };
  if (!available()) return { track: null, trouble: withoutDevices(circumstances(kind)) };
  try {
    return { track: await get(kind, known.id, music), trouble: null };
  } catch (error) {
    return known.id && isGone(error) ? another(kind, known, music) : failed(kind, error);
  }
}

/**
 * Opens both with one question to the user, if there is no reason to ask apart.
 * @param {{camera: Known | null, microphone: Known | null, music: boolean}} wanted
 * @returns {Promise<Record<Kind, Opened>>}
 */
export async function openBoth({ camera, microphone, music }) {
  if (camera && microphone && available() && !(await isOneDenied())) {
    const both = await together(camera.id, microphone.id, music);
    if (both) return both;
  }
  const [first, second] = [await open('camera', camera, music), await open('microphone', microphone, music)];
  return { camera: first, microphone: second };
}

/**
 * All that one can choose from. Without permission browsers leave names and ids out, or everything.
 * @returns {Promise<{camera: MediaDeviceInfo[], microphone: MediaDeviceInfo[], speaker: MediaDeviceInfo[]}>}
 */
export async function list() {
  const all = available() ? await navigator.mediaDevices.enumerateDevices() : [];
  const of = (/** @type {MediaDeviceKind} */ kind) => all.filter((device) => device.kind === kind && device.deviceId);
  return { camera: of('videoinput'), microphone: of('audioinput'), speaker: of('audiooutput') };
}

/**
 * Calls when a device was plugged in or out, or a permission was changed.
 * @param {() => void} changed
 */
export function watch(changed) {
  if (!available()) return;
  navigator.mediaDevices.addEventListener('devicechange', changed);
  for (const kind of /** @type {Kind[]} */ (Object.keys(KINDS))) {
    void permission(kind).then((status) => status?.addEventListener('change', changed));
  }
}

/**
 * Null: both have to be asked for apart, to see which of them is the matter.
 * @param {string} camera
 * @param {string} microphone
 * @param {boolean} music
 */
async function together(camera, microphone, music) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: constraints('camera', camera, music), audio: constraints('microphone', microphone, music) });
    const [picture, sound] = [stream.getVideoTracks()[0] ?? null, stream.getAudioTracks()[0] ?? null];
    return { camera: { track: picture, trouble: null }, microphone: { track: sound, trouble: null } };
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    return refused ? { camera: failed('camera', error), microphone: failed('microphone', error) } : null;
  }
}

/**
 * The one that is known is not there: the same by its name, else any.
 * @param {Kind} kind
 * @param {Known} known
 * @param {boolean} music
 * @returns {Promise<Opened>}
 */
async function another(kind, known, music) {
  const opened = await open(kind, { id: '', label: '' }, music);
  if (!opened.track) return opened;
  const same = find({ id: '', label: known.label }, (await list())[kind]);
  if (!same) return { ...opened, gone: known.label };
  if (same.deviceId === opened.track.getSettings().deviceId) return opened;
  opened.track.stop();
  return open(kind, { id: same.deviceId, label: '' }, music);
}

/**
 * @param {Kind} kind
 * @param {string} id
 * @param {boolean} music
 */
async function get(kind, id, music) {
  const stream = await navigator.mediaDevices.getUserMedia({ [KINDS[kind].media]: constraints(kind, id, music) });
  return stream.getTracks()[0] ?? null;
}

/**
 * @param {Kind} kind
 * @param {string} id
 * @param {boolean} music
 * @returns {MediaTrackConstraints}
 */
function constraints(kind, id, music) {
  const channels = music ? { channelCount: { ideal: 2 } } : {};
  const sound = { echoCancellation: !music, noiseSuppression: !music, autoGainControl: !music, ...channels };
  return { ...(kind === 'camera' ? PICTURE : sound), ...(id ? { deviceId: { exact: id } } : {}) };
}

/**
 * @param {Kind} kind
 * @param {unknown} error
 * @returns {Opened}
 */
function failed(kind, error) {
  return { track: null, trouble: troubleOf(error, circumstances(kind)), message: String(error) };
}

/**
 * @param {Kind} kind
 * @returns {import('./trouble.js').Circumstances}
 */
function circumstances(kind) {
  const { featurePolicy } = /** @type {Document & {featurePolicy?: {allowsFeature: (name: string) => boolean}}} */ (document);
  return { secure: isSecureContext, framed: window !== window.parent, delegated: featurePolicy?.allowsFeature(kind) ?? null };
}

/** Whether asking for both would fail because of one. */
async function isOneDenied() {
  const states = await Promise.all([permission('camera'), permission('microphone')]);
  return states.filter((status) => status?.state === 'denied').length === 1;
}

/**
 * Null where the browser does not tell.
 * @param {Kind} kind
 */
async function permission(kind) {
  try {
    return await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) });
  } catch {
    return null;
  }
}
