// What somebody chose before joining, as it is remembered until the next time. Pure.

/** @typedef {{id: string, label: string}} Known  a device by its id and, as browsers change those, its name; id '' = any */

/**
 * @typedef {object} Choices
 * @property {Known | null} camera  null: none is wanted
 * @property {Known | null} microphone
 * @property {Known} speaker
 * @property {boolean} muted  one joins with the microphone off
 * @property {boolean} unseen  one joins with the camera off
 * @property {boolean} music  without echo cancellation
 */

/** @type {Known} */
export const ANY = { id: '', label: '' };

/**
 * What was written down, as far as it makes sense.
 * @param {string | null} text
 * @returns {Choices}
 */
export function recall(text) {
  const said = parse(text);
  return {
    camera: said.camera === null ? null : known(said.camera),
    microphone: said.microphone === null ? null : known(said.microphone),
    speaker: known(said.speaker),
    muted: said.muted === true,
    unseen: said.unseen === true,
    music: said.music === true,
  };
}

/** @param {Choices} choices */
export const note = (choices) => JSON.stringify(choices);

/**
 * The device that was meant: the same id, else the same name.
 * @template {{deviceId: string, label: string}} D
 * @param {Known} meant
 * @param {D[]} devices
 * @returns {D | undefined}
 */
export function find({ id, label }, devices) {
  return devices.find((device) => id && device.deviceId === id) ?? devices.find((device) => label && device.label === label);
}

/**
 * @param {string | null} text
 * @returns {Record<string, any>}
 */
function parse(text) {
  try {
    return Object(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

/**
 * @param {any} said
 * @returns {Known}
 */
function known(said) {
  return typeof said?.id === 'string' && typeof said?.label === 'string' ? { id: said.id, label: said.label } : ANY;
}
