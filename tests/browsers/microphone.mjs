// A microphone that can be turned up and down, and what the encoder makes of its sound: an instrument that is in the
// page before its own scripts run (Chromium).

/**
 * @typedef {object} Microphone
 * @property {number} gain  what comes from the device is multiplied by this, until `turn` says otherwise
 * @property {boolean} [levels]  whether packets may tell how loud they are (RFC 6464)
 */

/**
 * @param {import('puppeteer-core').Page} page
 * @param {Microphone} microphone
 */
export async function rigMicrophone(page, { gain, levels = true }) {
  // The page's own policy lets no worker be made of text.
  await page.setBypassCSP(true);
  await page.evaluateOnNewDocument(rig, gain, levels);
}

/**
 * Turns it up or down.
 * @param {import('puppeteer-core').Page} page
 * @param {number} gain
 */
export function turn(page, gain) {
  return page.evaluate((value) => { riggedMicrophone.gain.value = value; }, gain);
}

/**
 * What the Opus encoder (RFC 6716) has made so far. `repeating`: packets with the one before in them once more, for the
 * case that it is lost (in-band FEC, section 2.1.7).
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{packets: number, bytes: number, repeating: number}>}
 */
export function encoded(page) {
  return page.evaluate(() => riggedMicrophone.made);
}

function rig(gain, levels) {
  const rigged = { gain: null, made: { packets: 0, bytes: 0, repeating: 0 } };
  Object.defineProperty(globalThis, 'riggedMicrophone', { value: rigged });

  const { replaceTrack } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.replaceTrack = function (track) {
    if (track?.kind !== 'audio') return replaceTrack.call(this, track);
    this.transform = counting();
    return replaceTrack.call(this, turned(track));
  };

  function turned(track) {
    const context = new AudioContext();
    const voice = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const knob = new GainNode(context, { gain });
    new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(knob).connect(voice);
    rigged.gain = knob.gain;
    return voice.stream.getAudioTracks()[0];
  }

  function counting() {
    const worker = new Worker(URL.createObjectURL(new Blob([`(${passOn})()`], { type: 'text/javascript' })));
    worker.onmessage = ({ data: packet }) => count(packet);
    return new RTCRtpScriptTransform(worker);
  }

  // A packet of one channel and one frame that has a SILK part (configurations 0 to 15) begins it with two bits: activity,
  // and whether the packet before is repeated (sections 3.1 and 4.2.3).
  function count(packet) {
    const { made } = rigged;
    made.packets += 1;
    made.bytes += packet.length;
    if (packet[0] >> 3 < 16) made.repeating += packet[1] >> 6 & 1;
  }

  function passOn() {
    globalThis.onrtctransform = ({ transformer: { readable, writable } }) => {
      const look = (frame, out) => {
        postMessage(new Uint8Array(frame.data.slice(0)));
        out.enqueue(frame);
      };
      void readable.pipeThrough(new TransformStream({ transform: look })).pipeTo(writable);
    };
  }

  if (levels) return;
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const without = sdp.replace(/^a=extmap:.*ssrc-audio-level.*\r\n/gm, '');
    return setRemoteDescription.call(this, { type, sdp: without });
  };
}
