// One picture in layers (simulcast): of a sender's encodings only those are sent that somebody needs. Where the browser
// has one encoding, that is sent. Knows no network and no DOM.

// Bits a second for a layer that is not the largest. A browser leaves the largest out (640×360, VP8) until 180 kbit/s are
// left for it, and every connection begins with 300 and may have to do with less.
const SMALL = 75_000;

export class Layers {
  #sender;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** @type {string[] | null} null: nobody has said */ #needed = null;
  // Parameters are read and written in one go: two changes at a time would undo each other.
  /** @type {Promise<void>} */ #done = Promise.resolve();
  #closed = false;

  /** @param {RTCRtpSender} sender */
  constructor(sender) { this.#sender = sender; }

  /**
   * Sends this from now on; null: nothing.
   * @param {MediaStreamTrack | null} track
   */
  send(track) {
    this.#track = track;
    return this.#after(async () => {
      await this.#sender.replaceTrack(track);
      await this.#apply();
    });
  }

  /** @param {string[]} names  of the layers that are needed */
  need(names) {
    this.#needed = names;
    return this.#after(() => this.#apply());
  }

  /** The connection is closed; what is still to be done is not. */
  close() { this.#closed = true; }

  /** @param {() => Promise<void>} change */
  #after(change) {
    this.#done = this.#done.catch(() => {}).then(() => (this.#closed ? undefined : change()));
    return this.#done;
  }

  /** Without a track Firefox goes on sending a black frame now and then, unless its encoding is put out. */
  async #apply() {
    if (this.#closed) return;
    const parameters = this.#sender.getParameters();
    const encodings = parameters.encodings ?? [];
    encodings.forEach((encoding, i) => {
      const above = encodings.length - 1 - i;
      encoding.active = this.#track !== null && this.#isNeeded(encoding, above);
      if (encodings.length > 1) encoding.scaleResolutionDownBy = 2 ** above;
      if (above > 0) encoding.maxBitrate = SMALL;
    });
    await this.#sender.setParameters(parameters);
  }

  /**
   * @param {RTCRtpEncodingParameters} encoding
   * @param {number} above  how many layers are larger
   */
  #isNeeded({ rid }, above) {
    if (!rid) return true;
    return this.#needed ? this.#needed.includes(rid) : above === 0;
  }
}
