// Waiting with a deadline. Nothing here sleeps for a guessed time and hopes.

import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 50;

/**
 * Asks `probe` again and again until it gives something truthy, and gives that back.
 * @template T
 * @param {string} what  as it will stand in the failure: "ann sees two moving pictures"
 * @param {number} withinMs
 * @param {() => T | Promise<T>} probe  may throw; that counts as "not yet"
 * @returns {Promise<T>}
 */
export async function until(what, withinMs, probe) {
  const deadline = performance.now() + withinMs;
  let last;
  do {
    last = await attempt(probe);
    if (last.value) return last.value;
    await pause(ASK_EVERY_MS);
  } while (performance.now() < deadline);
  throw new Error(`not within ${withinMs} ms: ${what}${last.error ? ` (${last.error.message})` : ''}`);
}

async function attempt(probe) {
  try {
    return { value: await probe() };
  } catch (error) {
    return { error };
  }
}
