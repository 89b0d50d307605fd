// The conference as this page sees it: who is there, the connections, and what the service says. The view is told, never asked.

import { Mesh } from './p2p/mesh.js';
import { Meter } from './p2p/meter.js';
import { Acts } from './permission/acts.js';
import { Probe } from './probe.js';
import { Publisher } from './publisher.js';
import { dispatch } from './registration/handlers.js';
import { Line } from './registration/line.js';
import { Socket } from './registration/socket.js';
import { Served } from './served.js';
import { Lips } from './sync/lips.js';
import { Talkers } from './talkers.js';
import { Wanted } from './wanted.js';

/** @typedef {import('./protocol.d.ts').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./protocol.d.ts').ErrorCode} ErrorCode */
/** @typedef {import('./protocol.d.ts').Wishes} Wishes */
/** @typedef {import('./protocol.d.ts').LeaveReason} LeaveReason */
/** @typedef {import('./registration/handlers.js').Handlers} Handlers */
/** @typedef {import('./registration/line.js').Place} Place */
/** @typedef {import('./protocol.d.ts').SoundMode} SoundMode */
/** @typedef {import('./view/contract.d.ts').View} View */
/** @typedef {import('./own.js').Tracks} Tracks */

/**
 * Who enters: all that is said of him, once or again.
 * @typedef {object} Newcomer
 * @property {string} name
 * @property {string | null} token
 * @property {string} identity
 * @property {Wishes} wishes
 */

// Milliseconds after coming back within which the service has said how all stands now.
const TOLD = 1_000;

export class Room {
  /** @type {Line} */ #line;
  /** What this page asks for, each with its one answer. */ acts = new Acts((message) => this.#say(message));
  /** Loaded when it is needed. @type {Promise<import('./files.js').Files> | null} */ #files = null;
  #probe = new Probe({
    signal: (signal) => this.#say({ type: 'probe', signal }),
    connect: (stun) => (stun ? this.#mesh.connection({}) : new RTCPeerConnection()),
  });
  #talkers = new Talkers(() => this.#served.leg?.heard ?? null, (talkers) => this.#view.talkers(talkers));
  /** Who is heard and seen how far apart. */ lips = new Lips({
    sounds: () => this.#served.leg?.sounds ?? [],
    way: (id, track) => this.#wayOf(id, track),
    say: (skews) => this.#say({ type: 'skews', skews }),
  });
  /** What I want of the others. */ wanted = new Wanted((message) => this.#say(message));
  /** What I publish. @type {Publisher} */ mine;
  #conference; #newcomer; #view; #mesh; #served; #handlers;
  /** @type {Meter | null} */ #meter = null;
  #inside = false;
  #closed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #told;

  /**
   * @param {string} conference
   * @param {Newcomer} newcomer
   * @param {Tracks} devices
   * @param {View} view
   * @param {Place | null} [place]  as whom to come back; null: one comes
   */
  constructor(conference, newcomer, devices, view, place = null) {
    this.#conference = conference;
    this.#newcomer = newcomer;
    this.#view = view;
    this.mine = new Publisher(devices, {
      tell: (publishing) => this.#say({ type: 'publish', publishing }),
      sendVoice: () => this.#served.sendVoice(),
      sendPictures: () => this.#sendPictures(),
      screenEnded: () => view.screenEnded(),
    });
    this.#mesh = new Mesh({
      send: (message) => this.#say(message),
      track: (source) => this.mine.track(source),
      slot: (mid) => (mid ? this.#served.leg?.slot(mid) ?? null : null),
      relaying: () => view.relaying(this.passedOn),
      captured: (receiver) => this.lips.captured(receiver),
      told: (receiver, entry) => this.lips.told(receiver, entry),
    });
    this.#served = new Served({
      send: (message) => this.#say(message),
      voice: () => this.mine.voice,
      track: (source) => this.mine.track(source),
      anew: () => {
        this.#mesh.disconnect();
        this.lips.anew();
      },
      ready: () => {
        this.wanted.showAgain();
        this.#mesh.showSlots();
      },
      shaky: () => this.#line.suspect(),
      view,
    });
    this.#handlers = { ...this.#presence(), ...this.#media(), ...this.#words() };
    this.#line = new Line({
      open: (ears) => new Socket(conference, ears),
      join: () => this.#join(),
      hasLeg: () => this.#hasLeg(),
      heard: (message) => dispatch(this.#handlers, message),
      reached: (here) => this.#reached(here),
      failed: () => this.#over('lost'),
    }, place);
  }

  get me() { return this.#mesh.me; }

  /** Whether the service hears this page. */
  get isReached() { return this.#line.state === 'in'; }

  get others() { return this.#mesh.others; }

  /** How many pictures this page can send to others at once: as many as were asked for, or fewer; null: any number. */
  get uplink() { return this.#meter?.pictures ?? null; }

  /** How everyone gets the others' sound. */
  get soundMode() { return this.#served.soundMode; }

  /** Whose pictures this page passes on to whom, by name. */
  get passedOn() {
    const name = (/** @type {string} */ id) => this.others.get(id)?.info.name ?? '';
    return this.#mesh.passedOn.map(({ picture, to }) => ({ publisher: name(picture.publisher), to: name(to) }));
  }

  /** As whom this page could come back. */
  get place() { return this.#line.place; }

  enter() {
    const { wishes } = this.#newcomer;
    const ways = () => [...this.#mesh.outgoing, ...(this.#served.leg ? [this.#served.leg.way] : [])];
    this.#meter = new Meter(wishes.uplink, ways, () => this.#wish());
    this.#line.begin();
  }

  /** What is offered, and what is fetched. */
  files() {
    this.#files ??= import('./files.js').then(({ Files }) => new Files({
      acts: this.acts,
      signal: (to, signal) => this.#say({ type: 'pair', to, signal }),
      connect: () => this.#mesh.connection({}),
      conference: this.#conference,
      place: () => this.place,
      me: () => this.me?.id ?? '',
      view: this.#view,
    }));
    return this.#files;
  }

  /** @param {SoundMode} mode  how everyone is to get the others' sound */
  serveSound(mode) { this.#say({ type: 'sound', mode }); }

  end() { this.#say({ type: 'end' }); }

  leave() {
    this.#say({ type: 'leave' });
    this.close();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#told);
    this.mine.close();
    this.#meter?.close();
    this.#talkers.close();
    this.lips.close();
    this.#line.close();
    this.acts.lost();
    void this.#files?.then((files) => files.close());
    this.#served.close();
    this.#probe.close();
    this.#mesh.close();
  }

  /** The page was hidden, or is seen again. */
  look() { this.#mesh.look(); }

  /** There may be another network now, or none. */
  networkChanged() {
    if (globalThis.navigator?.onLine === false) this.#line.suspect();
    else this.#line.hurry();
  }

  /** What the browser has counted of the leg, and of how each one's camera arrives; null: it does not. */
  async statistics() {
    const people = await Promise.all([...this.others.keys()].map(async (id) => ({ id, rows: await this.lips.statistics(id), skewMs: this.lips.skew(id) })));
    return { leg: await this.#served.leg?.statistics() ?? null, people };
  }

  /**
   * @param {string} id
   * @param {MediaStreamTrack} track
   * @returns {import('./sync/lips.js').Way | null}
   */
  #wayOf(id, track) {
    const way = this.#mesh.wayOf(id, track);
    if (way) return { ...way, mid: null };
    const line = this.#served.leg?.lineOf(track);
    return line ? { receiver: line.receiver, mid: line.mid, path: 'server' } : null;
  }

  async quality() { return this.#served.leg?.quality() ?? { rttMs: null, loss: null }; }

  /**
   * Who is there.
   * @returns {Handlers}
   */
  #presence() {
    return {
      waiting: ({ until, conference }) => this.#view.waits(until, conference),
      welcome: (welcome) => (this.#inside && welcome.resumed ? this.#resume(welcome) : this.#begin(welcome)),
      joined: ({ participant }) => this.#add(participant),
      updated: ({ participant }) => this.#update(participant),
      left: ({ participant, reason }) => this.#remove(participant, reason),
      ended: ({ reason }) => this.#over(reason),
      error: ({ code, message, fatal, request }) => this.#refused(code, message, fatal, request),
    };
  }

  /**
   * Sound and pictures.
   * @returns {Handlers}
   */
  #media() {
    const mesh = this.#mesh;
    return {
      ...this.#served.handlers(),
      pair: ({ from, signal }) => (signal.kind === 'file' ? void this.files().then((files) => files.signalled(from, signal)) : mesh.signalled(from, signal)),
      relay: ({ from, picture, attempt, signal }) => mesh.relayed(from, picture, attempt, signal),
      path: ({ publisher, source, path, mid, relay, why }) => mesh.plan({ publisher, source }, { path, mid, relay, why }),
      send: ({ picture, to, on }) => mesh.sendTo(picture, to, on),
      retry: ({ peer }) => mesh.retry(peer),
      probe: ({ wish }) => void this.#probe.receive(wish),
      talkers: (told) => this.#talkers.told(told),
      captures: ({ captures }) => this.lips.served(captures),
    };
  }

  /**
   * What is written, allowed, asked for and done.
   * @returns {Handlers}
   */
  #words() {
    return {
      rules: ({ rules }) => this.#view.rules(rules),
      waiting_list: ({ waiting }) => this.#view.waiting(waiting),
      asked: ({ by, permission }) => this.#view.asked(by, permission),
      file: ({ file }) => void this.files().then((files) => files.told([file], false)),
      file_gone: ({ file }) => void this.files().then((files) => files.gone(file)),
      upload: ({ file }) => void this.files().then((files) => files.bring(file)),
      chat: ({ message }) => this.#view.chat([message], false),
      done: ({ request }) => this.acts.answered(request),
      bans: ({ request, bans }) => this.acts.answered(request, bans),
      audit: ({ request, entries }) => this.acts.answered(request, entries),
    };
  }

  /** @returns {Extract<import('./protocol.d.ts').ClientMessage, {type: 'join'}>} */
  #join() {
    return { type: 'join', ...this.#newcomer, publishing: this.mine.publishing };
  }

  /**
   * One is in. If one was in before, it was as somebody else, and all begins anew.
   * @param {import('./registration/handlers.js').Message<'welcome'>} welcome
   */
  #begin(welcome) {
    const { me, conference, participants, stun_urls, may_end, sound, chat, files } = welcome;
    if (this.#inside) this.#forgetAll();
    this.#inside = true;
    this.#mesh.me = me;
    this.mine.enter(me);
    this.#mesh.stunUrls = stun_urls;
    this.#view.entered(me, conference.title, may_end);
    this.#view.rules(conference.rules);
    this.#served.soundIs(sound);
    participants.forEach((other) => this.#add(other));
    this.#view.chat(chat, true);
    this.#filesAre(files);
  }

  /**
   * One is the same again: what changed meanwhile is caught up with, and what stayed as it was stays so.
   * @param {import('./registration/handlers.js').Message<'welcome'>} welcome
   */
  #resume({ me, conference, participants, sound, chat, files }) {
    const there = new Set(participants.map(({ id }) => id));
    for (const id of [...this.others.keys()]) if (!there.has(id)) this.#remove(id, 'left');
    for (const other of participants) (this.others.has(other.id) ? this.#update(other) : this.#add(other));
    this.mine.forget();
    this.mine.tell();
    this.#update(me);
    this.#view.rules(conference.rules);
    this.#view.waiting([]);
    this.#view.chat(chat, true);
    this.#filesAre(files);
    if (sound !== this.soundMode) this.#served.soundIs(sound);
    this.#tellAgain();
    this.#awaitPlan();
  }

  /** @param {import('./protocol.d.ts').FileInfo[]} all */
  #filesAre(all) { if (this.#files || all.length > 0) void this.files().then((files) => files.all(all)); }

  /** What was said while nobody heard it is said again; and the leg finds its way from wherever one is now. */
  #tellAgain() {
    this.#wish();
    this.wanted.again();
    this.#mesh.tellAgain();
    this.#served.resume();
  }

  /** How pictures go follows now. What is not mentioned is over. */
  #awaitPlan() {
    this.#mesh.expectPlan();
    clearTimeout(this.#told);
    this.#told = setTimeout(() => {
      this.#mesh.endPlan();
      this.#served.resumed();
    }, TOLD);
  }

  #forgetAll() {
    for (const id of [...this.others.keys()]) this.#remove(id, 'left');
    this.#served.close();
    this.mine.forget();
    this.#view.waiting([]);
  }

  /** A leg that never was connected is none, and nor are the connections with others that came with it. */
  #hasLeg() {
    if (this.#served.isUseful) return true;
    this.#served.close();
    this.#mesh.disconnect();
    return false;
  }

  /** @param {boolean} here */
  #reached(here) {
    if (!here) this.acts.lost();
    this.#view.reached(here);
  }

  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {boolean} fatal
   * @param {number | null} request
   */
  #refused(code, message, fatal, request) {
    if (this.acts.refused(request, code, message)) return;
    if (code === 'taken_over') return this.#over('elsewhere');
    if (fatal) this.close();
    this.#view.refused(code, message, fatal);
  }

  /** @param {ParticipantInfo} info */
  #add(info) { this.#mesh.add(info, this.#view.add(info)); }

  /** @param {ParticipantInfo} info */
  #update(info) {
    if (this.me?.id === info.id) return this.#updateMe(info);
    this.#mesh.update(info);
    this.#view.update(info);
  }

  /** @param {ParticipantInfo} me */
  #updateMe(me) {
    this.#mesh.me = me;
    this.mine.obey(me);
    this.#view.updateMe(me);
  }

  /**
   * @param {string} id
   * @param {LeaveReason} reason
   */
  #remove(id, reason) {
    if (id === this.me?.id) return this.#over(reason === 'removed' || reason === 'banned' ? reason : 'dropped');
    this.#mesh.remove(id);
    this.wanted.forget(id);
    this.lips.forget(id);
    this.#view.remove(id);
  }

  async #sendPictures() {
    await this.#mesh.send();
    await this.#served.send();
  }

  #wish() {
    const { wishes } = this.#newcomer;
    const meter = this.#meter;
    if (meter) this.#say({ type: 'wish', wishes: { ...wishes, relays: wishes.relays && !meter.hot, uplink: meter.pictures } });
  }

  /**
   * @param {import('./protocol.d.ts').ClientMessage} message
   * @returns {boolean}  whether the service may hear it
   */
  #say(message) { return this.#line.send(message); }

  /** @param {import('./view/contract.d.ts').Over} why */
  #over(why) {
    if (this.#closed) return;
    this.close();
    this.#view.over(why);
  }
}
