// Flash and beep: how far apart a page shows and plays what happened at once, as one would see and hear it. A publisher
// whose camera flashes while his microphone beeps, and a page at which both are looked and listened for. The page's own
// lip-sync knows nothing of it.
//
// Beside the conference the same tracks go to the same page on one connection, the reference: what the instrument adds by
// itself is in it as well. The browser leaves the two apart there, too; how far is told by their capture times.

import { median } from './course.mjs';

/** Between two events, in milliseconds: not the beat of any frame rate. */
export const PERIOD_MS = 2_010;
// How far apart what belongs to one event can be.
const SAME_EVENT_MS = 900;

/**
 * Has a page's devices flash and beep once it asks for them.
 * @param {import('puppeteer-core').Page} page
 * @param {number} hertz  of the beep
 * @param {string[]} [forbidden]  addresses of others that this page's connections do not get to know, but the reference
 */
export async function flashAndBeep(page, hertz, forbidden = []) {
  // What listens is a worklet of this file's, which the page's own policy would not load.
  await page.setBypassCSP(true);
  await page.evaluateOnNewDocument(perform, hertz, PERIOD_MS);
  await page.evaluateOnNewDocument(keepFrom, forbidden);
}

/**
 * Keeps these addresses from a page's connections, and lets what it does to its jitter buffers be switched off.
 * @param {string[]} forbidden
 */
export function keepFrom(forbidden) {
  const { addIceCandidate } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addIceCandidate = function (candidate) {
    const known = forbidden.some((address) => candidate?.candidate?.includes(` ${address} `));
    return known ? Promise.resolve() : addIceCandidate.call(this, candidate);
  };
  const { get, set } = Object.getOwnPropertyDescriptor(RTCRtpReceiver.prototype, 'jitterBufferTarget');
  Object.defineProperty(RTCRtpReceiver.prototype, 'jitterBufferTarget', {
    get, set(target) { set.call(this, globalThis.steeringIsOff ? null : target); }, configurable: true,
  });
}

function perform(hertz, periodMs) {
  const FRAMES_PER_SECOND = 30;
  const LASTS_S = 0.12;
  let made;
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    made ??= make();
    globalThis.flashing = made;
    const tracks = [audio && made.sound, video && made.picture].filter(Boolean);
    return new MediaStream(tracks.map((track) => track.clone()));
  };

  function make() {
    const context = new AudioContext({ sampleRate: 48_000 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    // A voice, so that he is heard all the time; and what is looked for, far above it.
    const lips = new OscillatorNode(context, { frequency: 4 });
    const mouth = new GainNode(context, { gain: 0.05 });
    lips.connect(new GainNode(context, { gain: 0.04 })).connect(mouth.gain);
    const voice = new OscillatorNode(context, { frequency: 300 });
    voice.connect(mouth).connect(out);
    const gate = new GainNode(context, { gain: 0 });
    const beep = new OscillatorNode(context, { frequency: hertz });
    beep.connect(gate).connect(out);
    for (const node of [lips, voice, beep]) node.start();

    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const brush = canvas.getContext('2d');
    let [next, flashUntil, shade] = [context.currentTime + 1, 0, 0];
    setInterval(() => {
      const now = context.currentTime;
      if (now > next - 0.2 && gate.planned !== next) {
        gate.planned = next;
        gate.gain.setValueAtTime(0.6, next);
        gate.gain.setValueAtTime(0, next + LASTS_S);
        setTimeout(() => { flashUntil = performance.now() + 1_000 * LASTS_S; paint(); }, 1_000 * (next - now));
        next += periodMs / 1_000;
      }
      paint();
    }, 1_000 / FRAMES_PER_SECOND);
    function paint() {
      shade = (shade + 1) % 40;
      brush.fillStyle = performance.now() < flashUntil ? 'white' : `rgb(0 0 ${shade})`;
      brush.fillRect(0, 0, canvas.width, canvas.height);
    }
    paint();
    return { sound: out.stream.getAudioTracks()[0], picture: canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks()[0] };
  }
}

/**
 * Has a page look and listen for somebody's flashes and beeps from now on; what it finds is fetched by `events`.
 * @param {import('puppeteer-core').Page} page
 * @param {Record<string, number>} hertz  of the beeps of each of the others, by name
 */
export async function lookAndListen(page, hertz) { await page.evaluate(watch, hertz); }

async function watch(hertz) {
  const EVERY_MS = 100;
  const BRIGHT = 128;
  const LOUD = 0.25;
  const seen = { flashes: {}, beeps: {}, passive: {} };
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const code = `registerProcessor('onset', class extends AudioWorkletProcessor {
    quiet = 0;
    process([[input]]) {
      for (let i = 0; input && i < input.length; i += 1) {
        this.quiet += 1;
        if (Math.abs(input[i]) < ${LOUD}) continue;
        if (this.quiet > sampleRate / 2) this.port.postMessage((currentFrame + i) / sampleRate);
        this.quiet = 0;
      }
      return true;
    }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  globalThis.seenAndHeard = { seen, listen, look };

  function listen(name, stream, frequency) {
    const ear = new AudioWorkletNode(context, 'onset', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' });
    const filter = new BiquadFilterNode(context, { type: 'bandpass', frequency, Q: 8 });
    context.createMediaStreamSource(stream).connect(filter).connect(ear);
    seen.beeps[name] = [];
    ear.port.onmessage = ({ data }) => {
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      seen.beeps[name].push(performanceTime + 1_000 * (data - contextTime));
    };
  }

  function look(name, video) {
    const eye = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d', { willReadFrequently: true });
    const flashes = seen.flashes[name] ??= [];
    let bright = true;
    const frame = (_, { expectedDisplayTime }) => {
      eye.drawImage(video, 0, 0, 8, 8);
      const { data } = eye.getImageData(0, 0, 8, 8);
      const now = data[0] > BRIGHT;
      if (now && !bright && expectedDisplayTime - (flashes.at(-1) ?? 0) > 500) flashes.push(expectedDisplayTime);
      bright = now;
      if (video.isConnected) video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  }

  const videos = new Set();
  for (const [name, frequency] of Object.entries(hertz)) listen(name, document.getElementById('sound').srcObject, frequency);
  setInterval(() => {
    for (const name of Object.keys(hertz)) {
      const video = document.querySelector(`article.tile[aria-label="${name}"] video:not(.coming)`);
      if (video && !videos.has(video)) {
        videos.add(video);
        look(name, video);
      }
    }
    const now = performance.now();
    for (const { name, path, skewMs } of convene.report().participants) (seen.passive[name] ??= []).push({ at: now, path, skewMs });
  }, EVERY_MS);
}

/**
 * Sends somebody's sound and picture to a page on one connection, and has it watched there, too, as `reference`.
 * @param {import('puppeteer-core').Page} from
 * @param {import('puppeteer-core').Page} to
 * @param {number} hertz
 * @param {string[]} addresses  that it may go by
 */
export async function connectReference(from, to, hertz, addresses) {
  const offer = await from.evaluate(async () => {
    const { sound, picture } = flashing;
    const connection = globalThis.referenceConnection = new RTCPeerConnection();
    const stream = new MediaStream([sound, picture]);
    for (const track of stream.getTracks()) connection.addTrack(track, stream);
    for (const line of connection.getTransceivers()) {
      const known = line.getHeaderExtensionsToNegotiate();
      for (const extension of known) if (extension.uri.endsWith('abs-capture-time')) extension.direction = 'sendrecv';
      line.setHeaderExtensionsToNegotiate(known);
    }
    await connection.setLocalDescription();
    await new Promise((done) => { connection.onicegatheringstatechange = () => { if (connection.iceGatheringState === 'complete') done(); }; });
    return connection.localDescription.sdp;
  });
  const answer = await to.evaluate(async (sdp, hertz) => {
    const connection = new RTCPeerConnection();
    const coming = new Promise((done) => { connection.ontrack = ({ streams: [stream] }) => { if (stream.getTracks().length === 2) done(stream); }; });
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription();
    await new Promise((done) => { connection.onicegatheringstatechange = () => { if (connection.iceGatheringState === 'complete') done(); }; });
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, srcObject: await coming });
    video.style.cssText = 'position: fixed; inset: auto 0 0 auto; width: 64px; z-index: 9';
    document.body.append(video);
    const [sound, picture] = connection.getReceivers();
    const passive = seenAndHeard.seen.passive.reference = [];
    // What the loudspeaker holds of the sound.
    let after = 0;
    setInterval(async () => {
      const playout = [...(await connection.getStats()).values()].find(({ type }) => type === 'media-playout');
      if (playout) after = (1_000 * playout.totalPlayoutDelay) / playout.totalSamplesCount;
    }, 1_000);
    const next = (_, { expectedDisplayTime, rtpTimestamp }) => {
      const [[heard], [shown]] = [sound.getSynchronizationSources(), picture.getSynchronizationSources()];
      if (heard && shown) {
        const at = expectedDisplayTime + performance.timeOrigin;
        const skewMs = heard.captureTimestamp + (at - after - heard.timestamp) - (shown.captureTimestamp + ((rtpTimestamp - shown.rtpTimestamp) | 0) / 90);
        passive.push({ at: performance.now(), skewMs });
      }
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    seenAndHeard.listen('reference', video.srcObject, hertz);
    seenAndHeard.look('reference', video);
    return connection.localDescription.sdp;
  }, only(offer, addresses), hertz);
  await from.evaluate((sdp) => referenceConnection.setRemoteDescription({ type: 'answer', sdp }), only(answer, addresses));
}

/** A description without other candidates. */
function only(sdp, addresses) {
  return sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate') || addresses.includes(line.split(' ')[4])).join('\r\n');
}

/**
 * What was seen and heard since, by `performance.now()` of the page.
 * @typedef {{flashes: Record<string, number[]>, beeps: Record<string, number[]>, passive: Record<string, {at: number, skewMs: number | null, path?: string}[]>}} Seen
 *
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{now: number, seen: Seen}>}
 */
export function seenBy(page) {
  return page.evaluate(() => ({ now: performance.now(), seen: seenAndHeard.seen }));
}

/**
 * How much sooner than its flash each beep came between two moments, in milliseconds: positive, the sound was ahead.
 * @param {Seen} seen
 * @param {string} name
 * @param {number} from
 * @param {number} to
 */
export function aheads({ flashes, beeps }, name, from, to) {
  return (flashes[name] ?? []).filter((at) => at >= from && at < to).flatMap((flash) => {
    const near = (beeps[name] ?? []).filter((beep) => Math.abs(beep - flash) < SAME_EVENT_MS);
    const [beep] = near.sort((a, b) => Math.abs(a - flash) - Math.abs(b - flash));
    return beep === undefined ? [] : [flash - beep];
  });
}

/**
 * @param {number[]} values
 * @returns {{count: number, median: number, spread: number}}  `spread`: within which 95 % are of their median
 */
export function summary(values) {
  const middle = median(values);
  const away = values.map((value) => Math.abs(value - middle)).sort((a, b) => a - b);
  return { count: values.length, median: middle, spread: away[Math.ceil(0.95 * away.length) - 1] };
}
