// Lips and voice together, though they come by different connections. Knows no DOM.
//
// A skew is the capture time of the sound that is heard less that of the frame on the screen: positive, the sound is ahead.

import { since } from '../leg.js';
import { Controller, MOST } from './controller.js';
import { Buffer, Lately, Mapping, Tied, captureOf } from './measured.js';

/** @typedef {{receiver: RTCRtpReceiver, mid: string | null}} Line  `mid`: of the leg's m-line; null: from another browser */
/** @typedef {Line & {path: import('../protocol.d.ts').Path}} Way  by which a picture comes */
/** @typedef {Way & {skews: Lately, buffer: Buffer, tied: Tied}} Face */
/** @typedef {VideoFrameCallbackMetadata & {rtpTimestamp?: number, receiveTime?: number}} Frame */

/**
 * @typedef {object} Outside
 * @property {() => Line[]} sounds  all m-lines of sound
 * @property {(id: string, track: MediaStreamTrack) => Way | null} way  by which somebody's camera comes that shows this
 * @property {(skews: import('../protocol.d.ts').Skew[]) => void} say  to the service
 */

// Milliseconds between two looks, for which a measurement counts, and after which sound is not heard any more; looks
// after which the service is told.
const LOOK = 500;
const LATELY = 1_000;
const STILL = 200;
const SAY = 20;
const KHZ = 48;

export class Lips {
  #outside;
  #controller = new Controller();
  /** Where sound came from lately. @type {{receiver: RTCRtpReceiver, buffer: Buffer, after: number} | null} */ #ear = null;
  /** By participant and m-line of the leg. @type {Map<string, Mapping>} */ #served = new Map();
  /** Of other browsers' pictures. @type {WeakMap<RTCRtpReceiver, Mapping>} */ #mappings = new WeakMap();
  /** Whose cameras are on the screen. @type {Map<string, Face>} */ #faces = new Map();
  #looks = 0;
  #busy = false;
  #looking = setInterval(() => void this.#look(), LOOK);

  /** @param {Outside} outside */
  constructor(outside) { this.#outside = outside; }

  /** In milliseconds; null: unknown. @param {string} id */
  skew(id) { return this.#faces.get(id)?.skews.median(performance.now()) ?? null; }

  /** What the browser has counted of the camera that is shown; null: none is. @param {string} id */
  async statistics(id) {
    const face = this.#faces.get(id);
    return face ? rowsOf(face.receiver) : null;
  }

  /** The service says when what it sends was captured. @param {import('../protocol.d.ts').Capture[]} captures */
  served(captures) {
    for (const { participant, mid, ...entry } of captures) {
      const line = lineOf(participant, mid);
      const isSound = this.#outside.sounds().some((sound) => sound.mid === mid);
      const mapping = this.#served.get(line) ?? (isSound ? new Mapping(1_000 * KHZ) : mappingOfPicture());
      mapping.add(entry);
      this.#served.set(line, mapping);
    }
  }

  /**
   * A relay says it.
   * @param {RTCRtpReceiver} receiver
   * @param {import('./measured.js').Entry} entry
   */
  told(receiver, entry) { this.#mapping(receiver).add(entry); }

  /**
   * When another browser's picture was captured; null: nobody knows.
   * @param {RTCRtpReceiver} receiver
   */
  captured(receiver) {
    const mapping = this.#mapping(receiver);
    const entry = captureOf(receiver);
    if (entry) mapping.add(entry);
    return mapping.last;
  }

  /**
   * A frame of somebody's camera is shown.
   * @param {string} id
   * @param {MediaStreamTrack} track
   * @param {Frame} frame
   */
  shown(id, track, { rtpTimestamp, receiveTime, expectedDisplayTime }) {
    const way = this.#outside.way(id, track);
    if (!way || rtpTimestamp === undefined) return;
    let face = this.#faces.get(id);
    if (face?.receiver !== way.receiver) {
      if (face) wait(face.receiver, 0);
      this.#faces.set(id, face = { ...way, skews: new Lately(LATELY), buffer: new Buffer(), tied: new Tied() });
    }
    const came = receiveTime === undefined ? null : { at: performance.timeOrigin + receiveTime, rtp_time: rtpTimestamp };
    const seen = this.#pictures(id, face, came).at(rtpTimestamp);
    const heard = this.#heard(id, expectedDisplayTime);
    if (seen !== null && heard !== null) face.skews.add(performance.now(), heard - seen);
  }

  /** He is gone, or his picture is. @param {string} id */
  forget(id) {
    this.#faces.delete(id);
    for (const line of this.#served.keys()) if (line.startsWith(lineOf(id, ''))) this.#served.delete(line);
  }

  /** There is another leg. */
  anew() {
    this.#served.clear();
    this.#ear = null;
  }

  close() { clearInterval(this.#looking); }

  /**
   * What the service said, else what frames say of themselves, else what follows from how they come.
   * @param {string} id
   * @param {Face} face
   * @param {{at: number, rtp_time: number} | null} came  when the frame did
   */
  #pictures(id, { receiver, mid, path, tied }, came) {
    const served = mid === null ? undefined : this.#served.get(lineOf(id, mid));
    if (served) return served;
    const mapping = this.#mapping(receiver);
    let entry = captureOf(receiver);
    if (!entry && path === 'direct') {
      if (came) tied.frame(came);
      entry = tied.entry;
    }
    if (entry) mapping.add(entry);
    return mapping;
  }

  /** @param {RTCRtpReceiver} receiver */
  #mapping(receiver) {
    const mapping = this.#mappings.get(receiver) ?? mappingOfPicture();
    this.#mappings.set(receiver, mapping);
    return mapping;
  }

  /**
   * When what is heard of somebody was captured.
   * @param {string} id
   * @param {number} at
   */
  #heard(id, at) {
    for (const { receiver, mid } of this.#outside.sounds()) {
      const mapping = this.#served.get(lineOf(id, mid ?? ''));
      const [source] = mapping ? receiver.getSynchronizationSources?.() ?? [] : [];
      const elapsed = source ? since(source.timestamp, at) - (this.#ear?.after ?? 0) : Infinity;
      const heard = Math.abs(elapsed) < STILL ? mapping?.at(source.rtpTimestamp + elapsed * KHZ) ?? null : null;
      if (heard === null) continue;
      if (this.#ear?.receiver !== receiver) this.#ear = { receiver, buffer: new Buffer(), after: 0 };
      return heard;
    }
    return null;
  }

  async #look() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#steer(performance.now());
    } finally {
      this.#busy = false;
    }
    this.#looks += 1;
    if (this.#looks % SAY === 0) this.#say();
  }

  /** @param {number} now */
  async #steer(now) {
    for (const [id, { receiver }] of this.#faces) if (receiver.track.readyState === 'ended') this.#faces.delete(id);
    if (!this.#ear || this.#faces.size === 0) return;
    const ear = this.#ear;
    const held = ear.buffer.look(await rowsOf(ear.receiver));
    ear.after = held.after ?? ear.after;
    const shown = await Promise.all([...this.#faces].map(async ([id, { receiver, buffer, skews, tied }]) => {
      const rows = await rowsOf(receiver);
      for (const { type, timestamp, remoteTimestamp } of rows) if (type === 'remote-outbound-rtp') tied.report({ at: timestamp, sent: remoteTimestamp });
      return { id, way: receiver, skew: mendable(skews.median(now)), held: buffer.look(rows) };
    }));
    this.#controller.look(now, held, shown);
    for (const { receiver } of this.#outside.sounds()) wait(receiver, this.#controller.sound);
    for (const [id, { receiver }] of this.#faces) wait(receiver, this.#controller.picture(id));
  }

  #say() {
    const skews = [...this.#faces].flatMap(([participant, { path }]) => {
      const skew_ms = this.skew(participant);
      return skew_ms === null ? [] : [{ participant, path, skew_ms }];
    });
    if (skews.length > 0) this.#outside.say(skews);
  }
}

/**
 * What no waiting mends is not steered: a busy machine's clocks may have told it, and pictures would only be late.
 * @param {number | null} skew
 */
const mendable = (skew) => (skew !== null && Math.abs(skew) > MOST ? null : skew);

/**
 * @param {string} participant
 * @param {string} mid
 */
const lineOf = (participant, mid) => `${participant} ${mid}`;

/** Its first entry holds backwards: a frame is told of when it comes, and shown later. */
const mappingOfPicture = () => new Mapping(90_000, 1);

/** Of one that is closed: none. @param {RTCRtpReceiver} receiver */
const rowsOf = (receiver) => receiver.getStats().then((rows) => [...rows.values()], () => []);

/**
 * @param {any} receiver
 * @param {number} target  of its jitter buffer
 */
function wait(receiver, target) { if ((receiver.jitterBufferTarget ?? 0) !== target) receiver.jitterBufferTarget = target || null; }
