// Whether a received picture stands still. Counts what is shown or could be, also on a page that nobody looks at.

/**
 * Milliseconds since a receiver's last frame: none for a browser that cannot tell, any number before the first.
 * @param {RTCRtpReceiver} receiver
 */
export function stillFor(receiver) {
  if (!receiver.getSynchronizationSources) return 0;
  const times = receiver.getSynchronizationSources().map(({ timestamp }) => timestamp);
  if (times.length === 0) return Infinity;
  return performance.timeOrigin + performance.now() - Math.max(...times);
}
