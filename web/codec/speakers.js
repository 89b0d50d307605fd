// Which loudspeaker plays, where the browser lets a page choose. Knows no DOM but media elements.

import { chime } from './chime.js';

/** @typedef {HTMLMediaElement & {setSinkId?: (id: string) => Promise<void>}} Player */
/** @typedef {MediaDevices & {selectAudioOutput?: (options?: {deviceId: string}) => Promise<MediaDeviceInfo>}} Outputs */

/** Whether there is anything to choose. */
export const choosable = () => 'setSinkId' in HTMLMediaElement.prototype;

/** Whether the browser has a picker of its own, for it lists no speakers that were not picked there (Firefox). */
export const hasPicker = () => Boolean(/** @type {Outputs | undefined} */ (navigator.mediaDevices)?.selectAudioOutput);

/**
 * The one that somebody picked in the browser's own picker; null: none.
 * @returns {Promise<MediaDeviceInfo | null>}
 */
export async function pick() {
  try {
    return await /** @type {Outputs} */ (navigator.mediaDevices).selectAudioOutput?.() ?? null;
  } catch {
    return null;
  }
}

/**
 * Whether it plays there; else it plays where the system says.
 * @param {HTMLMediaElement} player
 * @param {string} speaker  its id; '' = as the system says
 */
export async function playOn(player, speaker) {
  if (!speaker) return true;
  try {
    await /** @type {Player} */ (player).setSinkId?.(speaker);
    return true;
  } catch {
    return false;
  }
}

/**
 * A short tone to hear whether it is the right one. Resolves when it has ended.
 * @param {string} speaker
 */
export async function test(speaker) {
  const url = URL.createObjectURL(new Blob([chime()], { type: 'audio/wav' }));
  const player = new Audio(url);
  await playOn(player, speaker);
  try {
    await player.play();
    await new Promise((resolve) => { player.onended = resolve; });
  } finally {
    URL.revokeObjectURL(url);
  }
}
