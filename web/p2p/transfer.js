// One file from one browser to another, on a connection of its own: a data channel, made by whoever wants it. Pieces go
// as fast as the channel takes them; it ends when whoever wants the file closes it.

import { Wire } from './wire.js';

/** @typedef {import('../protocol.d.ts').FileSignal} FileSignal */
/**
 * @typedef {object} Outside
 * @property {() => RTCPeerConnection} connect  makes the connection
 * @property {(signal: FileSignal) => void} signal  sends to the other end
 * @property {(octets: number) => void} told  how much of it has gone, or come
 */

// Octets in a message, which every browser takes; waiting to be sent, at most and until there is more to send.
export const PIECE = 1 << 16;
export const HIGH = 1 << 20;
const LOW = 1 << 18;
// Milliseconds until a connection has to be there, and without anything after which it is of no use.
export const CONNECT = 5_000;
export const IDLE = 8_000;

/** The end that has the file. */
export class Sending {
  #outside; #connection; #wire;
  /** @type {ReturnType<typeof setTimeout>} */ #timer;

  /**
   * @param {Blob} blob
   * @param {Outside & {ended: () => void, unreadable: () => void}} outside  `unreadable`: the file is another now, or gone
   */
  constructor(blob, outside) {
    this.#outside = outside;
    const connection = this.#connection = outside.connect();
    this.#wire = new Wire(connection, outside.signal);
    connection.ondatachannel = ({ channel }) => void this.#send(blob, channel);
    connection.onconnectionstatechange = () => { if (connection.connectionState === 'failed') this.close(); };
    this.#timer = setTimeout(() => this.close(), 2 * CONNECT);
  }

  /** @param {FileSignal} signal */
  receive(signal) { return this.#wire.takeOffer(signal); }

  close() {
    clearTimeout(this.#timer);
    this.#connection.close();
    this.#outside.ended();
  }

  /**
   * @param {Blob} blob
   * @param {RTCDataChannel} channel
   */
  async #send(blob, channel) {
    clearTimeout(this.#timer);
    channel.onclose = () => this.close();
    channel.bufferedAmountLowThreshold = LOW;
    try {
      for (let at = 0; at < blob.size && channel.readyState === 'open'; at += PIECE) {
        const piece = await blob.slice(at, at + PIECE).arrayBuffer();
        if (channel.bufferedAmount > HIGH) await low(channel);
        if (channel.readyState !== 'open') return;
        channel.send(piece);
        this.#outside.told(at + piece.byteLength - channel.bufferedAmount);
      }
    } catch {
      this.close();
      this.#outside.unreadable();
    }
  }
}

/** @param {RTCDataChannel} channel */
function low(channel) {
  return new Promise((resolve) => {
    for (const event of ['bufferedamountlow', 'close']) channel.addEventListener(event, resolve, { once: true });
  });
}

/** The end that wants it. */
export class Receiving {
  #wire;
  /** It does not come this way. */ #giveUp = () => {};
  /** What came; null: it does not come this way. @type {Promise<Blob | null>} */ done;

  /**
   * @param {import('../data/assembly.js').Assembly} assembly
   * @param {Outside} outside
   * @param {AbortSignal} stop
   */
  constructor(assembly, { connect, signal, told }, stop) {
    const connection = connect();
    const channel = connection.createDataChannel('file');
    channel.binaryType = 'arraybuffer';
    this.#wire = new Wire(connection, signal);
    /** @type {ReturnType<typeof setTimeout>} */ let timer;
    this.done = /** @type {Promise<Blob | null>} */ (new Promise((resolve, reject) => {
      const giveUp = this.#giveUp = () => resolve(null);
      const within = (/** @type {number} */ ms) => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, ms);
      };
      within(CONNECT);
      stop.addEventListener('abort', () => reject(stop.reason));
      connection.onconnectionstatechange = () => { if (connection.connectionState === 'failed') giveUp(); };
      channel.onclose = giveUp;
      channel.onopen = () => within(IDLE);
      channel.onmessage = ({ data }) => {
        within(IDLE);
        try {
          assembly.take(new Uint8Array(data));
          told(assembly.received);
          if (assembly.isWhole) resolve(assembly.end());
        } catch (error) {
          reject(error);
        }
      };
    })).finally(() => {
      clearTimeout(timer);
      channel.onmessage = null;
      connection.close();
    });
    void this.#wire.next(() => this.#wire.describe());
  }

  /** @param {FileSignal} signal */
  receive(signal) {
    if (signal.kind === 'refuse') this.#giveUp();
    return this.#wire.takeAnswer(signal);
  }
}
