// What this page asks the service for, each with its one answer: done, or refused. Knows no DOM.

/** @typedef {import('../protocol.d.ts').Action} Action */
/** @typedef {import('../protocol.d.ts').AuditEntry} AuditEntry */
/** @typedef {import('../protocol.d.ts').Ban} Ban */
/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ErrorCode} ErrorCode */
/** @typedef {{action: Action, resolve: (answer: any) => void, reject: (why: NotDone) => void}} Asked */

/** It was not done. `lost`: nobody knows, since the connection went before the answer came, or was not there. */
export class NotDone extends Error {
  /**
   * @param {Action} action
   * @param {ErrorCode | 'lost'} code
   * @param {string} message  the service's own sentence
   */
  constructor(action, code, message) {
    super(message);
    this.action = action;
    this.code = code;
  }
}

export class Acts {
  #send;
  #last = 0;
  /** @type {Map<number, Asked>} by their numbers */ #asked = new Map();

  /** @param {(message: ClientMessage) => boolean} send  whether it could */
  constructor(send) { this.#send = send; }

  /**
   * Resolves when it is done, and all that followed from it has been told.
   * @param {Action} action
   * @returns {Promise<void>}
   */
  do(action) { return this.#ask(action); }

  /** @returns {Promise<Ban[]>}  who is banned */
  bans() { return this.#ask({ kind: 'bans' }); }

  /** @returns {Promise<AuditEntry[]>}  what moderators did, the newest first */
  audit() { return this.#ask({ kind: 'audit' }); }

  /**
   * An answer came.
   * @param {number} request
   * @param {Ban[] | AuditEntry[]} [answer]
   */
  answered(request, answer) { this.#take(request)?.resolve(answer); }

  /**
   * A refusal came; `false`: of something else.
   * @param {number | null} request
   * @param {ErrorCode} code
   * @param {string} message
   */
  refused(request, code, message) {
    const asked = request === null ? undefined : this.#take(request);
    asked?.reject(new NotDone(asked.action, code, message));
    return Boolean(asked);
  }

  /** The connection is gone, and the answers with it. */
  lost() {
    const lost = [...this.#asked.values()];
    this.#asked.clear();
    for (const { action, reject } of lost) reject(new NotDone(action, 'lost', ''));
  }

  /**
   * @param {Action} action
   * @returns {Promise<any>}  the answer to this action
   */
  #ask(action) {
    return new Promise((resolve, reject) => {
      const request = this.#last += 1;
      this.#asked.set(request, { action, resolve, reject });
      if (this.#send({ type: 'act', request, action })) return;
      this.#asked.delete(request);
      reject(new NotDone(action, 'lost', ''));
    });
  }

  /** @param {number} request */
  #take(request) {
    const asked = this.#asked.get(request);
    this.#asked.delete(request);
    return asked;
  }
}
