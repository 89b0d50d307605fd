// What of mine has to go off when the service says so. Pure: told what I said I publish, and what the service lets through.
//
// The service answers each `publish` with how I am then. Until the answer is there, what it says of me may be older than
// what I said; then only what I may not do goes off.

/** @typedef {import('../protocol.d.ts').Publishing} Publishing */
/** @typedef {Pick<import('../protocol.d.ts').ParticipantInfo, 'publishing' | 'permissions' | 'role'>} Me */

export class Word {
  /** @type {Publishing[]} said, and not answered yet */ #said = [];

  /** @param {Publishing} publishing */
  say(publishing) { this.#said.push({ ...publishing }); }

  /** The service knows nothing of what was said before. */
  forget() { this.#said = []; }

  /**
   * What may stay on.
   * @param {Me} me
   * @returns {{microphone: boolean, camera: boolean}}
   */
  hear({ publishing, permissions, role }) {
    const sends = role !== 'listener';
    const may = { microphone: sends && permissions.microphone, camera: sends && permissions.camera };
    const said = this.#said[0];
    if (!said) return { microphone: may.microphone && publishing.microphone, camera: may.camera && publishing.camera };
    if (isAnswer(said, may, publishing)) this.#said.shift();
    return may;
  }
}

/**
 * What was said, as far as I may.
 * @param {Publishing} said
 * @param {{microphone: boolean, camera: boolean}} may
 * @param {Publishing} publishing
 */
function isAnswer(said, may, publishing) {
  return publishing.microphone === (said.microphone && may.microphone) && publishing.camera === (said.camera && may.camera);
}
