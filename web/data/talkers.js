// Who talks, as the mixer says over the leg's data channel.

/** @typedef {{id: string, number: number, level: number}} Talker  level in dBov */

/**
 * @param {RTCDataChannel} channel
 * @param {(talkers: Talker[]) => void} tell
 */
export function listen(channel, tell) {
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (Array.isArray(message.talkers)) tell(message.talkers);
  };
}
