// Relaying a picture without decoding it, where the browser can: Chromium. Knows no signalling.

/**
 * @typedef {{kind: 'send', picture: string, id: string, readable: ReadableStream, writable: WritableStream}
 *   | {kind: 'end', picture: string, id: string}} Order  to the worker
 */

/** @typedef {RTCRtpSender & {createEncodedStreams?: () => {readable: ReadableStream, writable: WritableStream}}} Sender  with Chromium's own */

// The picture that nobody sees: it costs next to nothing, and may make a key frame as often as it moves.
const UNSEEN = { width: 16, height: 16, perSecond: 10 };

/** Whether this browser can. */
export function canForward() {
  const sender = /** @type {Sender | undefined} */ (globalThis.RTCRtpSender?.prototype);
  return Boolean(sender && 'createEncodedStreams' in sender)
    && 'RTCRtpScriptTransform' in globalThis && 'RTCEncodedVideoFrame' in globalThis;
}

/** How a connection has to be made that is to carry a forwarded picture. */
export const CONFIGURATION = { encodedInsertableStreams: true };

/** @type {Worker | null} */ let worker = null;
const hands = () => worker ??= new Worker(new URL('relay-worker.js', import.meta.url), { type: 'module' });
let count = 0;

/**
 * Makes a received picture one that can be forwarded later. Only in the task in which the receiver came to be, by an
 * offer of ours or of the other: what has begun without a transform goes on without.
 * @param {RTCRtpReceiver} receiver
 * @param {string} picture  a name for what this receiver gets
 */
export function tap(receiver, picture) {
  if (canForward()) receiver.transform = new RTCRtpScriptTransform(hands(), { picture });
}

/**
 * Sends a picture that was tapped on a connection that was made with `CONFIGURATION`.
 * @param {RTCPeerConnection} connection
 * @param {string} picture
 * @returns {{line: RTCRtpTransceiver, end: () => void}}  `end` ends it
 */
export function forward(connection, picture) {
  const unseen = makeUnseen();
  const line = connection.addTransceiver(unseen.track, { direction: 'sendonly' });
  // In the same task: a sender without streams goes on without them for good.
  const streams = /** @type {Sender} */ (line.sender).createEncodedStreams?.();
  const id = `${picture}/${count += 1}`;
  if (streams) hands().postMessage({ kind: 'send', picture, id, ...streams }, [streams.readable, streams.writable]);
  const end = () => {
    unseen.end();
    hands().postMessage({ kind: 'end', picture, id });
  };
  return { line, end };
}

/** A track whose only purpose is that its encoder is asked for key frames. */
function makeUnseen() {
  const canvas = Object.assign(document.createElement('canvas'), { width: UNSEEN.width, height: UNSEEN.height });
  const brush = canvas.getContext('2d');
  let shade = 0;
  const paint = () => {
    if (!brush) return;
    brush.fillStyle = `rgb(${shade = (shade + 16) % 256} 0 0)`;
    brush.fillRect(0, 0, UNSEEN.width, UNSEEN.height);
  };
  paint();
  const timer = setInterval(paint, 1_000 / UNSEEN.perSecond);
  const [track] = canvas.captureStream(UNSEEN.perSecond).getVideoTracks();
  return { track, end: () => { clearInterval(timer); track.stop(); } };
}
