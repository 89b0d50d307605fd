// Stereo in descriptions (RFC 7587 section 6.1): browsers send and take it only where text says so.

import { isMusic } from './codec/devices.js';

/** Who makes music takes stereo. */
export const takesStereo = isMusic;

/** Whose microphone has two channels sends it. @param {MediaStreamTrack | null} microphone */
export const sendsStereo = (microphone) => takesStereo(microphone) && microphone?.getSettings().channelCount === 2;

/**
 * The same description of somebody who takes stereo, with twice the bits.
 * @param {string} sdp
 */
export function inStereo(sdp) {
  const opus = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(([, type]) => type));
  return sdp.replace(/^a=fmtp:(\d+) (.*)$/gm, (line, type, parameters) =>
    (opus.has(type) ? `a=fmtp:${type} ${[...doubled(parameters), 'stereo=1'].join(';')}` : line));
}

/** @param {string} parameters */
function doubled(parameters) {
  const all = parameters.split(';').map((parameter) => parameter.trim());
  return all.filter((parameter) => !parameter.startsWith('stereo=')).map((parameter) => {
    const [name, value] = parameter.split('=');
    return name === 'maxaveragebitrate' ? `${name}=${2 * Number(value)}` : parameter;
  });
}
