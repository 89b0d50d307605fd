// The conference as this page sees it: who is there, the connections, and what the service says. The view is told, never asked.

import { Leg } from './leg.js';
import { maySend } from './permission/role.js';
import { Word } from './permission/word.js';
import { Mesh } from './p2p/mesh.js';
import { Meter } from './p2p/meter.js';
import { Probe } from './probe.js';
import { identity } from './registration/identity.js';
import { Socket } from './registration/socket.js';
import { Talkers } from './talkers.js';

/** @typedef {import('./protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./protocol.d.ts').ServerMessage} ServerMessage */
/** @typedef {import('./protocol.d.ts').ErrorCode} ErrorCode */
/** @typedef {import('./protocol.d.ts').Wishes} Wishes */
/** @typedef {import('./registration/socket.js').Handlers} Handlers */
/** @typedef {import('./protocol.d.ts').Talker} Talker */
/** @typedef {import('./protocol.d.ts').SoundMode} SoundMode */
/** @typedef {import('./protocol.d.ts').Source} Source */
/** @typedef {import('./protocol.d.ts').WaitsFor} WaitsFor */
/** @typedef {import('./protocol.d.ts').ConferenceInfo} ConferenceInfo */
/** @typedef {{publisher: string, to: string}} Passed  names */

/**
 * @typedef {object} View
 * @property {(until: WaitsFor, conference: ConferenceInfo) => void} waits  one is not in yet
 * @property {(me: ParticipantInfo, title: string, mayEnd: boolean) => void} entered
 * @property {(other: ParticipantInfo) => Record<Source, import('./pictures.js').Screen>} add
 * @property {(other: ParticipantInfo) => void} update
 * @property {(me: ParticipantInfo) => void} updateMe
 * @property {(id: string) => void} remove
 * @property {(passed: Passed[]) => void} relaying  what this page passes on
 * @property {(talkers: Talker[]) => void} talkers
 * @property {(stream: MediaStream) => void} sound
 * @property {(voices: import('./leg.js').Voice[]) => void} voices  talkers' own sound, from now on and for good
 * @property {(mode: SoundMode) => void} soundMode
 * @property {() => void} screenEnded  mine, by the browser's own means
 * @property {(state: RTCPeerConnectionState, doors: import('./doors.js').Door[]) => void} connection  of the leg; `doors`:
 *   where the server can be reached
 * @property {(code: ErrorCode, message: string, fatal: boolean) => void} refused
 * @property {(why: 'moderator' | 'empty' | 'shutdown' | 'dropped' | 'lost') => void} over
 */

// The number of what one asks for with one's own hand; its answers say nothing that `updated` does not.
const HAND = 1;

export class Room {
  /** @type {Socket} */ #socket;
  /** @type {Leg | null} */ #leg = null;
  #probe = new Probe({
    signal: (signal) => this.#socket.send({ type: 'probe', signal }),
    connect: (stun) => (stun ? this.#mesh.connection({}) : new RTCPeerConnection()),
  });
  #talkers = new Talkers(() => this.#leg?.heard ?? null, (talkers) => this.#view.talkers(talkers));
  #view; #devices; #mesh;
  /** @type {Meter | null} */ #meter = null;
  #word = new Word();
  /** @type {MediaStreamTrack | null} */ #screen = null;
  /** @type {Record<Source, boolean>} */ #serverNeeds = { camera: false, screen: false };
  /** @type {SoundMode} */ #soundMode = 'mix';
  #hearsVoices = false;
  #closed = false;

  /**
   * @param {string} conference
   * @param {{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null}} devices
   * @param {View} view
   */
  constructor(conference, devices, view) {
    this.#devices = devices;
    this.#view = view;
    this.#mesh = new Mesh({
      send: (message) => this.#socket.send(message),
      track: (source) => this.#track(source),
      slot: (mid) => (mid ? this.#leg?.slot(mid) ?? null : null),
      relaying: () => view.relaying(this.passedOn),
    });
    this.#socket = new Socket(conference, this.#handlers(), () => this.#over('lost'));
  }

  get me() { return this.#mesh.me; }

  get others() { return this.#mesh.others; }

  /** How many pictures this page can send to others at once: as many as were asked for, or fewer; null: any number. */
  get uplink() { return this.#meter?.pictures ?? null; }

  /** How everyone gets the others' sound. */
  get soundMode() { return this.#soundMode; }

  /** Whose pictures this page passes on to whom, by name. */
  get passedOn() {
    const name = (/** @type {string} */ id) => this.others.get(id)?.info.name ?? '';
    return this.#mesh.passedOn.map(({ picture, to }) => ({ publisher: name(picture.publisher), to: name(to) }));
  }

  /**
   * @param {string} name
   * @param {string | null} token
   * @param {Wishes} wishes
   */
  async join(name, token, wishes) {
    const ways = () => [...this.#mesh.outgoing, ...(this.#leg ? [this.#leg.way] : [])];
    const meter = new Meter(wishes.uplink, ways, () => {
      const now = { ...wishes, relays: wishes.relays && !meter.hot, uplink: meter.pictures };
      this.#socket.send({ type: 'wish', wishes: now });
    });
    this.#meter = meter;
    await this.#socket.opened();
    this.#socket.send({ type: 'join', name, token, publishing: this.publishing(), wishes, identity: identity() });
  }

  publishing() {
    const { camera, microphone } = this.#devices;
    return { microphone: Boolean(microphone?.enabled), camera: Boolean(camera?.enabled), screen: this.#screen !== null };
  }

  /** @param {MediaStreamTrack | null} track  mine from now on */
  async useMicrophone(track) {
    this.#devices.microphone = track;
    this.publish();
    await this.#leg?.sendMicrophone(track);
  }

  /** @param {MediaStreamTrack | null} track  mine from now on */
  async useCamera(track) {
    this.#devices.camera = track;
    await this.#picturesChanged();
  }

  /**
   * Shows everyone a screen from now on, in place of one that was shown; null: none.
   * @param {MediaStreamTrack | null} track
   */
  async shareScreen(track) {
    this.#screen?.stop();
    this.#screen = track;
    if (track) track.onended = () => { if (this.#screen === track) this.#screenEnded(); };
    await this.#picturesChanged();
  }

  /** Tells what of mine is on. */
  publish() {
    const publishing = this.publishing();
    this.#word.say(publishing);
    this.#socket.send({ type: 'publish', publishing });
  }

  /** What of mine may stay on, by the service's last word. @param {ParticipantInfo} me */
  mayStayOn(me) { return this.#word.hear(me); }

  /** @param {boolean} up */
  raiseHand(up) { this.#socket.send({ type: 'act', request: HAND, action: { kind: 'hand', up } }); }

  /** @param {import('./protocol.d.ts').Loudness[]} gains  how loudly I hear others from now on */
  setGains(gains) { this.#socket.send({ type: 'gains', gains }); }

  /** @param {import('./protocol.d.ts').Shown[]} pictures  how large they are shown */
  showSizes(pictures) { this.#socket.send({ type: 'sizes', pictures }); }

  /** @param {SoundMode} mode  how everyone is to get the others' sound */
  serveSound(mode) { this.#socket.send({ type: 'sound', mode }); }

  end() { this.#socket.send({ type: 'end' }); }

  leave() {
    this.#socket.send({ type: 'leave' });
    this.close();
  }

  close() {
    this.#closed = true;
    this.#screen?.stop();
    this.#meter?.close();
    this.#talkers.close();
    this.#socket.close();
    this.#leg?.close();
    this.#probe.close();
    this.#mesh.close();
  }

  /** The page was hidden, or is seen again. */
  look() { this.#mesh.look(); }

  /** What the browser has counted of the leg, and of how each one's camera arrives; null: it does not. */
  async statistics() {
    const people = await Promise.all([...this.others.values()].map(async (other) => {
      const receiver = this.#receiverOf(other);
      return { id: other.info.id, rows: receiver ? [...(await receiver.getStats()).values()] : null, skewMs: null };
    }));
    return { leg: await this.#leg?.statistics() ?? null, people };
  }

  /** @param {import('./p2p/mesh.js').Other} other */
  #receiverOf(other) {
    const { path, mid } = other.coming.camera.plan;
    return path === 'server' && mid ? this.#leg?.receiver(mid) ?? null : this.#mesh.receiverOf(other);
  }

  async quality() { return this.#leg?.quality() ?? { rttMs: null, loss: null }; }

  /** @returns {Handlers} */
  #handlers() {
    const mesh = this.#mesh;
    return {
      waiting: ({ until, conference }) => this.#view.waits(until, conference),
      welcome: ({ me, conference, participants, stun_urls, may_end, sound }) => {
        mesh.me = me;
        if (!maySend(me.role)) this.#devices = { camera: null, microphone: null };
        mesh.stunUrls = stun_urls;
        this.#view.entered(me, conference.title, may_end);
        this.#soundIs(sound);
        participants.forEach((other) => mesh.add(other, this.#view.add(other)));
      },
      joined: ({ participant }) => mesh.add(participant, this.#view.add(participant)),
      updated: ({ participant }) => this.#update(participant),
      left: ({ participant }) => this.#remove(participant),
      offer: (offer) => void this.#answer(offer),
      candidate: ({ candidate, mline_index }) => void this.#leg?.candidate(candidate, mline_index),
      restarted: ({ answer }) => void this.#leg?.restarted(answer),
      pair: ({ from, signal }) => mesh.signalled(from, signal),
      relay: ({ from, picture, attempt, signal }) => mesh.relayed(from, picture, attempt, signal),
      path: ({ publisher, source, path, mid, relay, why }) => mesh.plan({ publisher, source }, { path, mid, relay, why }),
      send: ({ picture, to, on }) => mesh.sendTo(picture, to, on),
      retry: ({ peer }) => mesh.retry(peer),
      server_needs: ({ source, needed }) => {
        this.#serverNeeds[source] = needed;
        void this.#sendToServer();
      },
      layers: ({ source, needed }) => { if (source === 'camera') void this.#leg?.needLayers(needed); },
      probe: ({ wish }) => void this.#probe.receive(wish),
      talkers: (told) => this.#talkers.told(told),
      sound: ({ mode }) => this.#soundIs(mode),
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
      sound: this.#view.sound, state: (state) => this.#view.connection(state, this.#leg?.doors ?? []),
    });
    await this.#leg.answer(offer);
    this.#hearVoices();
    await this.#sendToServer();
    this.#mesh.showSlots();
  }

  /** @param {SoundMode} mode */
  #soundIs(mode) {
    this.#soundMode = mode;
    this.#view.soundMode(mode);
    this.#hearVoices();
  }

  /** Played once sound is relayed for the first time: what is only mixed costs the browser nothing more. */
  #hearVoices() {
    const voices = this.#leg?.voices ?? [];
    if (this.#hearsVoices || this.#soundMode === 'mix' || voices.length === 0) return;
    this.#hearsVoices = true;
    this.#view.voices(voices);
  }

  /** @param {ParticipantInfo} info */
  #update(info) {
    if (this.me?.id === info.id) {
      this.#mesh.me = info;
      this.#view.updateMe(info);
      return;
    }
    this.#mesh.update(info);
    this.#view.update(info);
  }

  /** @param {string} id */
  #remove(id) {
    if (id === this.me?.id) return this.#over('dropped');
    this.#mesh.remove(id);
    this.#view.remove(id);
  }

  /**
   * Mine, while it is on.
   * @param {Source} source
   */
  #track(source) {
    if (source === 'screen') return this.#screen;
    return this.#devices.camera?.enabled ? this.#devices.camera : null;
  }

  async #picturesChanged() {
    this.publish();
    await this.#mesh.send();
    await this.#sendToServer();
  }

  async #sendToServer() {
    const needed = (/** @type {Source} */ source) => (this.#serverNeeds[source] ? this.#track(source) : null);
    await this.#leg?.sendCamera(needed('camera'));
    await this.#leg?.sendScreen(needed('screen'));
  }

  #screenEnded() {
    this.#view.screenEnded();
    void this.shareScreen(null);
  }

  /** @param {Parameters<View['over']>[0]} why */
  #over(why) {
    if (this.#closed) return;
    this.close();
    this.#view.over(why);
  }
}
