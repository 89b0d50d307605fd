// The conference as this page sees it: who is there, the connections, and what the service says. The view is told, never asked.

import { Leg } from './leg.js';
import { maySend } from './permission/role.js';
import { Pair } from './p2p/pair.js';
import { Picture } from './pictures.js';
import { Socket } from './registration/socket.js';

/** @typedef {import('./protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./protocol.d.ts').ServerMessage} ServerMessage */
/** @typedef {import('./protocol.d.ts').Path} Path */
/** @typedef {import('./protocol.d.ts').ErrorCode} ErrorCode */
/** @typedef {import('./registration/socket.js').Handlers} Handlers */
/** @typedef {import('./protocol.d.ts').Talker} Talker */
/** @typedef {{info: ParticipantInfo, pair: Pair | null, picture: Picture, plan: {path: Path, mid: string | null}}} Other */

/**
 * @typedef {object} View
 * @property {(me: ParticipantInfo, title: string, mayEnd: boolean) => void} entered
 * @property {(other: ParticipantInfo) => import('./pictures.js').Screen} add
 * @property {(other: ParticipantInfo) => void} update
 * @property {(id: string) => void} remove
 * @property {(talkers: Talker[]) => void} talkers
 * @property {(stream: MediaStream) => void} sound
 * @property {(state: RTCPeerConnectionState) => void} connection
 * @property {(code: ErrorCode, message: string, fatal: boolean) => void} refused
 * @property {(why: 'moderator' | 'empty' | 'shutdown' | 'dropped' | 'lost') => void} over
 */

export class Room {
  /** @type {Map<string, Other>} */ others = new Map();
  /** @type {ParticipantInfo | null} */ me = null;
  /** @type {Socket} */ #socket;
  /** @type {Leg | null} */ #leg = null;
  #view; #devices;
  #stunUrls = /** @type {string[]} */ ([]);
  #serverNeedsCamera = false;
  #closed = false;

  /**
   * @param {string} conference
   * @param {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null}} devices
   * @param {View} view
   */
  constructor(conference, devices, view) {
    this.#devices = devices;
    this.#view = view;
    this.#socket = new Socket(conference, this.#handlers(), () => this.#over('lost'));
  }

  /**
   * @param {string} name
   * @param {string | null} token
   */
  async join(name, token) {
    await this.#socket.opened();
    this.#socket.send({ type: 'join', name, token, publishing: this.publishing() });
  }

  publishing() {
    const { camera, microphone } = this.#devices;
    return { microphone: Boolean(microphone?.enabled), camera: Boolean(camera?.enabled), screen: false };
  }

  /** @param {boolean} on */
  setMicrophone(on) {
    if (this.#devices.microphone) this.#devices.microphone.enabled = on;
    this.#publish();
  }

  /** @param {boolean} on */
  async setCamera(on) {
    if (this.#devices.camera) this.#devices.camera.enabled = on;
    this.#publish();
    for (const { pair } of this.others.values()) await pair?.send(this.#camera());
    await this.#sendToServer();
  }

  end() { this.#socket.send({ type: 'end' }); }

  leave() {
    this.#socket.send({ type: 'leave' });
    this.close();
  }

  close() {
    this.#closed = true;
    this.#socket.close();
    this.#leg?.close();
    for (const { pair } of this.others.values()) pair?.close();
    this.others.clear();
  }

  /** The page was hidden, or is seen again. */
  look() { for (const { pair } of this.others.values()) pair?.look(); }

  async quality() { return this.#leg?.quality() ?? { rttMs: null, loss: null }; }

  /** @returns {Handlers} */
  #handlers() {
    return {
      welcome: ({ me, conference, participants, stun_urls, may_end }) => {
        this.me = me;
        if (!maySend(me.role)) this.#devices = { camera: null, microphone: null };
        this.#stunUrls = stun_urls;
        this.#view.entered(me, conference.title, may_end);
        participants.forEach((other) => this.#add(other));
      },
      joined: ({ participant }) => this.#add(participant),
      updated: ({ participant }) => this.#update(participant),
      left: ({ participant }) => this.#remove(participant),
      offer: (offer) => void this.#answer(offer),
      candidate: ({ candidate, mline_index }) => void this.#leg?.candidate(candidate, mline_index),
      restarted: ({ answer }) => void this.#leg?.restarted(answer),
      pair: ({ from, signal }) => this.#signalled(from, signal),
      path: ({ publisher, source, path, mid }) => { if (source === 'camera') this.#plan(publisher, path, mid); },
      retry: ({ peer }) => this.#connect(peer, true),
      server_needs: ({ source, needed }) => {
        if (source !== 'camera') return;
        this.#serverNeedsCamera = needed;
        void this.#sendToServer();
      },
      talkers: ({ talkers }) => this.#view.talkers(talkers),
      ended: ({ reason }) => this.#over(reason),
      error: ({ code, message, fatal }) => {
        if (fatal) this.close();
        this.#view.refused(code, message, fatal);
      },
    };
  }

  /** @param {import('./leg.js').Offer} offer */
  async #answer(offer) {
    this.#leg = new Leg(this.#socket, this.#devices.microphone, {
      sound: this.#view.sound, state: this.#view.connection,
    });
    await this.#leg.answer(offer);
    await this.#sendToServer();
    for (const { picture, plan } of this.others.values()) picture.plan(plan.path, this.#slot(plan.mid));
  }

  /** @param {ParticipantInfo} info */
  #add(info) {
    const picture = new Picture(this.#view.add(info), () => this.others.get(info.id)?.pair?.look());
    this.others.set(info.id, { info, pair: null, picture, plan: { path: 'none', mid: null } });
  }

  /** @param {ParticipantInfo} info */
  #update(info) {
    const other = this.others.get(info.id);
    if (this.me?.id === info.id) this.me = info;
    if (!other) return;
    other.info = info;
    this.#view.update(info);
    other.pair?.look();
  }

  /** @param {string} id */
  #remove(id) {
    if (id === this.me?.id) return this.#over('dropped');
    this.others.get(id)?.pair?.close();
    this.others.delete(id);
    this.#view.remove(id);
  }

  /**
   * @param {string} publisher
   * @param {Path} path
   * @param {string | null} mid
   */
  #plan(publisher, path, mid) {
    const other = this.others.get(publisher);
    if (!other) return;
    other.plan = { path, mid };
    if (path === 'direct') this.#connect(publisher, false);
    other.picture.plan(path, this.#slot(mid));
  }

  /** @param {string | null} mid */
  #slot(mid) { return mid ? this.#leg?.slot(mid) ?? null : null; }

  /**
   * @param {string} from
   * @param {import('./protocol.d.ts').PairSignal} signal
   */
  #signalled(from, signal) {
    const starts = signal.kind === 'call' || (signal.kind === 'description' && signal.description_type === 'offer');
    if (starts) this.#connect(from, false);
    void this.others.get(from)?.pair?.receive(signal);
  }

  /**
   * @param {string} id
   * @param {boolean} anew  gives up a connection that there is
   */
  #connect(id, anew) {
    const other = this.others.get(id);
    if (!other || !this.me) return;
    if (anew) other.pair?.close();
    if (other.pair && other.pair.state !== 'closed') return;
    other.picture.direct(null);
    other.pair = new Pair(this.me.number < other.info.number, this.#camera(), {
      signal: (signal) => this.#socket.send({ type: 'pair', to: id, signal }),
      report: (state) => this.#socket.send({ type: 'pair_state', peer: id, state }),
      picture: (track) => other.picture.direct(track),
      // A hidden page is shown no frames; there the connection alone has to do.
      seen: () => other.picture.directSeen || !other.info.publishing.camera || document.hidden,
      connect: () => new RTCPeerConnection({ iceServers: this.#stunUrls.map((urls) => ({ urls })) }),
    });
  }

  #camera() { return this.#devices.camera?.enabled ? this.#devices.camera : null; }

  async #sendToServer() { await this.#leg?.sendCamera(this.#serverNeedsCamera ? this.#camera() : null); }

  #publish() { this.#socket.send({ type: 'publish', publishing: this.publishing() }); }

  /** @param {Parameters<View['over']>[0]} why */
  #over(why) {
    if (this.#closed) return;
    this.close();
    this.#view.over(why);
  }
}
