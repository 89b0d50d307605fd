// All connections of this page with other browsers, and whose picture is shown by which of them. Knows no DOM.

import { Picture } from '../pictures.js';
import { Pair, SOURCES, STILL } from './pair.js';
import { nameOf } from './relay.js';
import { Relays } from './relays.js';
import { stillFor } from './still.js';

/** @typedef {import('../protocol.d.ts').ClientMessage} ClientMessage */
/** @typedef {import('../protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('../protocol.d.ts').PairSignal} PairSignal */
/** @typedef {import('../protocol.d.ts').Path} Path */
/** @typedef {import('../protocol.d.ts').Why} Why */
/** @typedef {import('../protocol.d.ts').Source} Source */
/** @typedef {{path: Path, mid: string | null, relay: string | null, why: Why | null}} Plan */
/** @typedef {{picture: Picture, plan: Plan}} Coming  a picture of another, and how it comes to me */
/**
 * @typedef {object} Other
 * @property {ParticipantInfo} info
 * @property {Pair | null} pair
 * @property {Record<Source, Coming>} coming
 * @property {Record<Source, boolean>} sends  whether the plan wants mine to be sent to him
 * @property {number} lingers  until then our connection carries pictures though the plan does not say so
 */
/** @typedef {import('../protocol.d.ts').Picture} PictureName */
/** @typedef {import('../sync/measured.js').Entry} Entry */

// Milliseconds between two looks at whether pictures move, and for which pictures go on directly when the plan has left
// that way, or not come to it yet: so a way that comes back is seen to, and nothing stands still when the plan follows.
const LOOK = 200;
const LINGER = 3_000;

/** @type {Plan} */
const NONE = { path: 'none', mid: null, relay: null, why: null };

/**
 * @typedef {object} Outside
 * @property {(message: ClientMessage) => void} send  to the service
 * @property {(source: Source) => MediaStreamTrack | null} track  mine, while it is on
 * @property {(mid: string | null) => MediaStreamTrack | null} slot  what the server sends on that m-line
 * @property {() => void} relaying  what this page passes on has changed
 * @property {(receiver: RTCRtpReceiver) => Entry | null} captured  when what comes there was captured, as far as it is known
 * @property {(receiver: RTCRtpReceiver, entry: Entry) => void} told  a relay says it
 */

export class Mesh {
  /** @type {Map<string, Other>} */ others = new Map();
  /** @type {ParticipantInfo | null} */ me = null;
  /** @type {string[]} */ stunUrls = [];
  #outside; #relays;
  /** What the service has said of paths and sending since one came back; null: that is over. @type {Set<string> | null} */
  #said = null;
  #looking = setInterval(() => this.#watch(), LOOK);

  /** @param {Outside} outside */
  constructor(outside) {
    this.#outside = outside;
    this.#relays = new Relays({
      signal: (to, picture, attempt, signal) => outside.send({ type: 'relay', to, picture, attempt, signal }),
      report: (relay, picture, state) => outside.send({ type: 'relay_state', relay, picture, state }),
      connect: (configuration) => this.connection(configuration),
      receiver: ({ publisher, source }) => this.others.get(publisher)?.pair?.receivers[source] ?? null,
      limit: ({ publisher, source }, bitsPerSecond) => this.others.get(publisher)?.pair?.limit(source, bitsPerSecond),
      came: (relay, { publisher, source }, track) => this.others.get(publisher)?.coming[source].picture.relayed(relay, track),
      captured: outside.captured,
      told: outside.told,
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
   * @param {Record<Source, import('../pictures.js').Screen>} screens
   */
  add(info, screens) {
    const coming = (/** @type {Source} */ source) => ({
      picture: new Picture(screens[source], (relay) => {
        if (relay) this.#relays.arrived(relay, { publisher: info.id, source });
        else this.others.get(info.id)?.pair?.look();
      }),
      plan: NONE,
    });
    this.others.set(info.id, {
      info, pair: null, lingers: 0,
      coming: { camera: coming('camera'), screen: coming('screen') }, sends: { camera: false, screen: false },
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
   * How somebody's picture reaches this page from now on.
   * @param {PictureName} name
   * @param {Plan} plan
   */
  plan({ publisher, source }, plan) {
    const other = this.others.get(publisher);
    if (!other) return;
    this.#said?.add(pathOf({ publisher, source }));
    if (other.coming[source].plan.path === 'direct' && plan.path !== 'direct') linger(other);
    other.coming[source].plan = plan;
    if (plan.path === 'direct') this.#connect(publisher, false);
    this.#show(other.coming[source]);
    other.pair?.look();
  }

  /**
   * From which browser somebody's camera comes that has this track; null: from none.
   * @param {string} id
   * @param {MediaStreamTrack} track
   * @returns {{receiver: RTCRtpReceiver, path: Path} | null}
   */
  wayOf(id, track) {
    const direct = this.others.get(id)?.pair?.receivers.camera;
    if (direct?.track === track) return { receiver: direct, path: 'direct' };
    const receiver = this.#relays.receiverOf(id, track);
    return receiver && { receiver, path: 'peer' };
  }

  /** Slots have come to be, so what was planned for them can be shown. */
  showSlots() {
    for (const { coming } of this.others.values()) SOURCES.forEach((source) => this.#show(coming[source]));
  }

  /**
   * A picture is sent to somebody from now on, or not any more: mine on our connection, another's on one of its own.
   * @param {PictureName} picture
   * @param {string} to
   * @param {boolean} on
   */
  sendTo(picture, to, on) {
    this.#said?.add(wayOf(picture, to));
    if (picture.publisher !== this.me?.id) return this.#relays.order(picture, to, on);
    const other = this.others.get(to);
    if (!other) return;
    if (other.sends[picture.source] && !on) linger(other);
    other.sends[picture.source] = on;
    if (on) this.#connect(to, false);
    void other.pair?.send(this.#tracksFor(other));
  }

  /** My camera or my screen is another now, or off. */
  async send() {
    for (const other of this.others.values()) await other.pair?.send(this.#tracksFor(other));
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

  /** One has come back: the plan follows, as it is now. */
  expectPlan() { this.#said = new Set(); }

  /** All of the plan has been told: what was not in it is over. */
  endPlan() {
    const said = this.#said ?? new Set();
    this.#said = null;
    for (const [id, { coming, sends }] of this.others) {
      for (const source of SOURCES) {
        const [his, mine] = [{ publisher: id, source }, { publisher: this.me?.id ?? '', source }];
        if (coming[source].plan.path !== 'none' && !said.has(pathOf(his))) this.plan(his, NONE);
        if (sends[source] && !said.has(wayOf(mine, id))) this.sendTo(mine, id, false);
      }
    }
    for (const { picture, to } of this.passedOn) if (!said.has(wayOf(picture, to))) this.sendTo(picture, to, false);
  }

  /** How connections fare is told again: it may have changed while the service heard nothing. */
  tellAgain() {
    for (const [id, { pair }] of this.others) {
      if (!pair || pair.state === 'trying') continue;
      this.#outside.send({ type: 'pair_state', peer: id, state: pair.state === 'closed' ? 'failed' : pair.state });
    }
    this.#relays.tellAgain();
  }

  /** All connections with other browsers are given up; those who are there stay there. */
  disconnect() {
    this.#relays.close();
    for (const other of this.others.values()) {
      other.pair?.close();
      other.pair = null;
      for (const source of SOURCES) other.coming[source].picture.direct(null);
    }
  }

  /** The page was hidden, or is seen again. */
  look() { for (const { pair } of this.others.values()) pair?.look(); }

  close() {
    clearInterval(this.#looking);
    this.#relays.close();
    for (const { pair } of this.others.values()) pair?.close();
    this.others.clear();
  }

  /** @param {Coming} coming */
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
    for (const source of SOURCES) other.coming[source].picture.direct(null);
    other.pair = new Pair(this.me.number < other.info.number, this.#tracksFor(other), {
      signal: (signal) => this.#outside.send({ type: 'pair', to: id, signal }),
      report: (state) => this.#outside.send({ type: 'pair_state', peer: id, state }),
      picture: (source) => nameOf({ publisher: id, source }),
      came: (source, track) => {
        other.coming[source].picture.direct(track);
        this.#relays.begin({ publisher: id, source });
      },
      seen: () => SOURCES.every((source) => !expects(other, source) || moves(other, source)),
      connect: () => this.connection({}),
    });
  }

  /** @param {Other} other */
  #tracksFor({ sends, lingers }) {
    const track = (/** @type {Source} */ source) => (sends[source] || Date.now() < lingers ? this.#outside.track(source) : null);
    return { camera: track('camera'), screen: track('screen') };
  }

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
    void pair?.send(this.#tracksFor(other));
    pair?.look();
  }

  #watch() {
    for (const other of this.others.values()) {
      if (expects(other, 'camera')) other.pair?.watch(stillFor);
      this.#letGo(other);
    }
    this.#relays.look(stillFor);
  }
}

/**
 * Whether his picture should come on our connection.
 * @param {Other} other
 * @param {Source} source
 */
function expects({ info, coming, lingers }, source) {
  return info.publishing[source] && (coming[source].plan.path === 'direct' || Date.now() < lingers);
}

/**
 * A hidden page is shown no frames, but they come. A screen on which nothing changes sends hardly any.
 * @param {Other} other
 * @param {Source} source
 */
function moves({ pair, coming }, source) {
  const receiver = pair?.receivers[source];
  if (!receiver || !(coming[source].picture.directSeen || document.hidden)) return false;
  return source === 'screen' || stillFor(receiver) <= STILL;
}

/** @param {Other} other */
function linger(other) { other.lingers = Date.now() + LINGER; }

/** @param {PictureName} picture */
function pathOf(picture) { return `path of ${nameOf(picture)}`; }

/**
 * @param {PictureName} picture
 * @param {string} to
 */
function wayOf(picture, to) { return `${nameOf(picture)} to ${to}`; }
