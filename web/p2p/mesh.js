// All connections of this page with other browsers, and whose picture is shown by which of them. Knows no DOM.

import { Picture } from '../pictures.js';
import { Pair, STILL } from './pair.js';
import { Relays, nameOf } from './relays.js';
import { stillFor } from './still.js';

/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').Path} Path */
/** @typedef {import('../protocol.d.ts').Why} Why */
/** @typedef {{path: Path, mid: string | null, relay: string | null, why: Why | null}} Plan */
/**
 * @typedef {object} Other
 * @property {ParticipantInfo} info
 * @property {Pair | null} pair
 * @property {Picture} picture
 * @property {Plan} plan  how his picture comes to me
 * @property {boolean} sends  whether the plan wants mine to be sent to him
 * @property {number} lingers  until then our connection carries pictures though the plan does not say so
 */
/** @typedef {import('../protocol.d.ts').Picture} PictureName */

// Milliseconds between two looks at whether pictures move, and for which pictures go on directly when the plan has left
// that way, or not come to it yet: so a way that comes back is seen to, and nothing stands still when the plan follows.
const LOOK = 200;
const LINGER = 3_000;

/**
 * @typedef {object} Outside
 * @property {(message: ClientMessage) => void} send  to the service
 * @property {() => MediaStreamTrack | null} camera  mine, while it is on
 * @property {(mid: string | null) => MediaStreamTrack | null} slot  what the server sends on that m-line
 * @property {() => void} relaying  what this page passes on has changed
 */

export class Mesh {
  /** @type {Map<string, Other>} */ others = new Map();
  /** @type {ParticipantInfo | null} */ me = null;
  /** @type {string[]} */ stunUrls = [];
  #outside; #relays;
  #looking = setInterval(() => this.#watch(), LOOK);

  /** @param {Outside} outside */
  constructor(outside) {
    this.#outside = outside;
    this.#relays = new Relays({
      signal: (to, picture, attempt, signal) => outside.send({ type: 'relay', to, picture, attempt, signal }),
      report: (relay, picture, state) => outside.send({ type: 'relay_state', relay, picture, state }),
      connect: (configuration) => this.connection(configuration),
      receiver: ({ publisher }) => this.others.get(publisher)?.pair?.receiver ?? null,
      limit: ({ publisher }, bitsPerSecond) => this.others.get(publisher)?.pair?.limit(bitsPerSecond),
      came: (relay, { publisher }, track) => this.others.get(publisher)?.picture.relayed(relay, track),
      changed: outside.relaying,
    });
  }

  /** What this page passes on to whom. */
  get passedOn() { return this.#relays.passedOn; }

  /** By which pictures may leave for other browsers. */
  get outgoing() {
    return [...[...this.others.values()].flatMap(({ pair }) => pair?.way ?? []), ...this.#relays.outgoing];
  }

  /**
   * @param {ParticipantInfo} info
   * @param {import('../pictures.js').Screen} screen
   */
  add(info, screen) {
    const picture = new Picture(screen, (relay) => {
      if (relay) this.#relays.arrived(relay, cameraOf(info.id));
      else this.others.get(info.id)?.pair?.look();
    });
    this.others.set(info.id, {
      info, pair: null, picture, sends: false, lingers: 0, plan: { path: 'none', mid: null, relay: null, why: null },
    });
  }

  /** @param {ParticipantInfo} info */
  update(info) {
    const other = this.others.get(info.id);
    if (!other) return;
    other.info = info;
    other.pair?.look();
  }

  /** @param {string} id */
  remove(id) {
    this.#relays.left(id);
    this.others.get(id)?.pair?.close();
    this.others.delete(id);
  }

  /**
   * How somebody's camera reaches this page from now on.
   * @param {string} publisher
   * @param {Plan} plan
   */
  plan(publisher, plan) {
    const other = this.others.get(publisher);
    if (!other) return;
    if (other.plan.path === 'direct' && plan.path !== 'direct') linger(other);
    other.plan = plan;
    if (plan.path === 'direct') this.#connect(publisher, false);
    this.#show(other);
    other.pair?.look();
  }

  /** Slots have come to be, so what was planned for them can be shown. */
  showSlots() { for (const other of this.others.values()) this.#show(other); }

  /**
   * A picture is sent to somebody from now on, or not any more: mine on our connection, another's on one of its own.
   * @param {PictureName} picture
   * @param {string} to
   * @param {boolean} on
   */
  sendTo(picture, to, on) {
    if (picture.source !== 'camera') return;
    if (picture.publisher !== this.me?.id) return this.#relays.order(picture, to, on);
    const other = this.others.get(to);
    if (!other) return;
    if (other.sends && !on) linger(other);
    other.sends = on;
    if (on) this.#connect(to, false);
    void other.pair?.send(this.#cameraFor(other));
  }

  /** My camera is another now, or off. */
  async sendCamera() {
    for (const other of this.others.values()) await other.pair?.send(this.#cameraFor(other));
  }

  /**
   * A connection that failed may be tried again. Its picture is to be seen before the plan moves to it.
   * @param {string} peer
   */
  retry(peer) {
    const other = this.others.get(peer);
    if (!other) return;
    other.lingers = Infinity;
    this.#connect(peer, true);
  }

  /**
   * @param {string} from
   * @param {PairSignal} signal
   */
  signalled(from, signal) {
    const starts = signal.kind === 'call' || (signal.kind === 'description' && signal.description_type === 'offer');
    if (starts) this.#connect(from, false);
    void this.others.get(from)?.pair?.receive(signal);
  }

  /**
   * @param {string} from
   * @param {PictureName} picture
   * @param {number} attempt
   * @param {PairSignal} signal
   */
  relayed(from, picture, attempt, signal) { this.#relays.received(from, picture, attempt, signal); }

  /** The page was hidden, or is seen again. */
  look() { for (const { pair } of this.others.values()) pair?.look(); }

  close() {
    clearInterval(this.#looking);
    this.#relays.close();
    for (const { pair } of this.others.values()) pair?.close();
    this.others.clear();
  }

  /** @param {Other} other */
  #show({ picture, plan: { path, mid, relay, why } }) { picture.plan({ path, slot: this.#outside.slot(mid), relay, why }); }

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
    other.pair = new Pair(this.me.number < other.info.number, this.#cameraFor(other), {
      signal: (signal) => this.#outside.send({ type: 'pair', to: id, signal }),
      report: (state) => this.#outside.send({ type: 'pair_state', peer: id, state }),
      picture: nameOf(cameraOf(id)),
      came: (track) => {
        other.picture.direct(track);
        this.#relays.begin(cameraOf(id));
      },
      seen: () => !this.#expects(other) || moves(other),
      connect: () => this.connection({}),
    });
  }

  /**
   * Whether his picture should come on our connection.
   * @param {Other} other
   */
  #expects({ info, plan, lingers }) { return info.publishing.camera && (plan.path === 'direct' || Date.now() < lingers); }

  /** @param {Other} other */
  #cameraFor({ sends, lingers }) { return sends || Date.now() < lingers ? this.#outside.camera() : null; }

  /**
   * A connection that asks the server for its address.
   * @param {object} configuration
   */
  connection(configuration) {
    return new RTCPeerConnection({ ...configuration, iceServers: this.stunUrls.map((urls) => ({ urls })) });
  }

  /**
   * What lingered is over.
   * @param {Other} other
   */
  #letGo(other) {
    const { pair, lingers } = other;
    if (lingers === Infinity && pair?.isOpen) linger(other);
    if (lingers === 0 || Date.now() < lingers) return;
    other.lingers = 0;
    void pair?.send(this.#cameraFor(other));
    pair?.look();
  }

  #watch() {
    for (const other of this.others.values()) {
      if (this.#expects(other)) other.pair?.watch(stillFor);
      this.#letGo(other);
    }
    this.#relays.look(stillFor);
  }
}

/**
 * A hidden page is shown no frames, but they come.
 * @param {Other} other
 */
function moves({ pair, picture }) {
  const receiver = pair?.receiver;
  return Boolean(receiver && (picture.directSeen || document.hidden) && stillFor(receiver) <= STILL);
}

/** @param {Other} other */
function linger(other) { other.lingers = Date.now() + LINGER; }

/**
 * @param {string} publisher
 * @returns {PictureName}
 */
function cameraOf(publisher) { return { publisher, source: 'camera' }; }
