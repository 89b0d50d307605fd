// The conference page, as a recipe: look at the link, choose devices, join, be in it, see that it is over.

import { isMusic, knownOf, openBoth } from './codec/devices.js';
import { embed, NotNow, overheard } from './embed.js';
import { say, translate } from './i18n.js';
import { forThisTab } from './kept.js';
import { embedding, look } from './registration/api.js';
import { identity } from './registration/identity.js';
import { keep, take } from './registration/session.js';
import { report } from './report.js';
import { Room } from './room.js';
import { Beside } from './view/beside.js';
import { Entrance } from './view/entrance.js';
import { Stage } from './view/stage.js';
import { element, only } from './view/elements.js';
import { refusal, sentence } from './view/trouble.js';
import { Waiting } from './view/waiting.js';

const id = location.pathname.split('/')[2] ?? '';
const KEY = `token ${id}`;
/** After these somebody who asks again at once would only hear the same. @type {import('./protocol.d.ts').ErrorCode[]} */
const FINAL = ['denied', 'banned'];
let token = takeToken();
const entrance = new Entrance(join, (late) => { if (inside) stage.bring(late); });
const stage = new Stage();
const waiting = new Waiting(leave);
const beside = new Beside(() => room, (words) => stage.say(words));
/** @type {Room | null} */ let room = null;
/** Who is in, and with what. @type {{newcomer: import('./room.js').Newcomer, devices: import('./codec/devices.js').Devices} | null} */
let inside = null;
/** Whether the view before one is in has been made ready. */ let greeted = false;
/** @type {ReturnType<typeof setInterval> | undefined} */ let asking;
let quality = { rttMs: /** @type {number | null} */ (null), loss: /** @type {number | null} */ (null) };

const told = () => (room ? report(room, stage, stage.talking, quality) : { me: null, participants: [], passedOn: [], sound: null });
Object.assign(window, { convene: { report: told } });
const site = embed({
  async join(how) {
    await entrance.ready;
    if (!entrance.submit(how)) throw new NotNow(room ? 'joined' : 'bad_name');
  },
  leave() {
    if (!room || !element('over').hidden) throw new NotNow('not_joined');
    leave();
  },
  microphone: (on) => press('microphone', on),
  camera: (on) => press('camera', on),
  report: told,
}, embedding);
translate(document);
const before = take(id);
await (before ? comeBack(before) : welcome());

async function welcome() {
  greeted = true;
  only('joining');
  try {
    entrance.title = (await look(id)).title || say('untitled');
    await entrance.open();
  } catch (error) {
    over(sentence(error), false);
  }
}

/**
 * @param {string} name
 * @param {import('./codec/devices.js').Devices} devices
 * @param {import('./protocol.d.ts').Wishes} wishes
 */
async function join(name, devices, wishes) {
  enter({ name, token, identity: identity(), wishes }, devices, null);
}

/**
 * The same participant again, by a page that has nothing yet: the devices come when the browser gives them.
 * @param {import('./registration/session.js').Session} left
 */
async function comeBack({ place, name, wishes, camera, microphone, music, speaker }) {
  const none = { camera: null, microphone: null, speaker };
  const back = enter({ name, token, identity: identity(), wishes }, none, place);
  if (!camera && !microphone) return;
  const opened = await openBoth({ camera, microphone, music });
  const late = { camera: opened.camera.track, microphone: opened.microphone.track };
  if (late.camera) late.camera.enabled = camera?.on ?? false;
  if (late.microphone) late.microphone.enabled = microphone?.on ?? false;
  if (room === back && inside) stage.bring(late);
  else stop(late);
}

/**
 * @param {import('./room.js').Newcomer} newcomer
 * @param {import('./codec/devices.js').Devices} devices
 * @param {import('./registration/line.js').Place | null} place
 */
function enter(newcomer, devices, place) {
  const entering = new Room(id, newcomer, devices, overheard(view(), site), place);
  room = entering;
  inside = { newcomer, devices };
  stage.control(entering, devices, leave);
  element('invite').onclick = () => void invite();
  entering.enter();
  return entering;
}

/** Few open this, and its codes are large: it is loaded when it is asked for. */
async function invite() {
  try {
    const { openInvitation } = await import('./view/invite.js');
    openInvitation(links());
  } catch (error) {
    stage.say(sentence(error));
  }
}

/** Only whoever moderates by a link has it to give to himself. */
function links() {
  const guests = `${location.origin}${location.pathname}`;
  return { guests, moderator: token && room?.me?.role === 'moderator' ? `${guests}#t=${token}` : null };
}

/**
 * As if the person pressed the button.
 * @param {'microphone' | 'camera'} what
 * @param {boolean} on
 */
function press(what, on) {
  if (!room?.me) throw new NotNow('not_joined');
  const button = /** @type {HTMLButtonElement} */ (element(what));
  if (button.disabled || button.hidden) throw new NotNow('no_device');
  if (room.mine.devices[what] !== on) button.click();
}

function leave() {
  room?.leave();
  site.tell('left');
  over(say('left'), true);
}

/** What another page needs to be the same participant. @returns {import('./registration/session.js').Session | null} */
function session() {
  const place = room?.place;
  if (!place || !inside) return null;
  const { newcomer: { name, wishes }, devices: { camera, microphone, speaker } } = inside;
  return { place, name, wishes, camera: sense(camera), microphone: sense(microphone), music: isMusic(microphone), speaker };
}

/** @param {MediaStreamTrack | null} track */
function sense(track) { return track && { ...knownOf(track), on: track.enabled }; }

/** @param {import('./own.js').Tracks} devices */
function stop({ camera, microphone }) {
  camera?.stop();
  microphone?.stop();
}

/** @returns {import('./view/contract.d.ts').View} */
function view() {
  return {
    waits: (until, conference) => waiting.show(until, conference),
    entered(me, title) {
      waiting.close();
      document.title = title || say('untitled');
      only('room');
      stage.enter(me);
      beside.enter(me);
      clearInterval(asking);
      asking = setInterval(async () => { quality = await room?.quality() ?? quality; }, 2_000);
    },
    updateMe(me) {
      stage.updateMe(me);
      beside.me(me);
    },
    rules: (rules) => beside.rules(rules),
    waiting: (list) => beside.waiting(list),
    asked: (by, permission) => void beside.asked(by, permission, () => stage.switchOn(permission)),
    chat: (messages, anew) => beside.chat(messages, anew),
    files: (files, anew) => beside.files(files, anew),
    fileGone: (id) => beside.fileGone(id),
    fileLeaves: (id, share) => beside.fileLeaves(id, share),
    reached: (here) => stage.reached(here),
    add(other) {
      beside.update(other);
      return stage.add(other);
    },
    update(other) {
      stage.update(other);
      beside.update(other);
    },
    remove(id) {
      stage.remove(id);
      beside.remove(id);
    },
    relaying: (passed) => stage.relaying(passed),
    talkers: (talkers) => stage.tellTalkers(talkers),
    sound: (stream) => stage.hear(stream),
    voices: (voices) => stage.hearVoices(voices),
    soundMode(mode) {
      stage.tellSoundMode(mode);
      beside.soundMode(mode);
    },
    screenEnded: () => stage.screenEnded(),
    connection: (state, doors) => stage.connection(state, doors),
    refused(code, message, fatal) {
      const why = refusal(code, message);
      if (code === 'bad_token') forgetToken();
      if (room?.me) stage.say(why);
      else refuse(why);
      if (fatal && (room?.me || FINAL.includes(code))) over(why, code !== 'banned');
    },
    over(why) {
      /** @type {Record<typeof why, import('./i18n.js').Key>} */
      const words = { moderator: 'endedModerator', empty: 'endedEmpty', shutdown: 'endedShutdown', dropped: 'dropped', removed: 'removed', banned: 'banned', lost: 'socketLost', elsewhere: 'elsewhere' };
      const left = session();
      const { blocked } = stage;
      over(why === 'dropped' && blocked ? blocked : say(words[why]), ['dropped', 'removed', 'lost', 'elsewhere'].includes(why));
      if (why === 'elsewhere' && left) offerToTakeBack(left);
    },
  };
}

/** @param {string} why  one does not get in, as it is now */
function refuse(why) {
  inside = null;
  waiting.close();
  if (greeted) only('joining');
  else void welcome();
  entrance.refuse(why);
}

/**
 * @param {string} why
 * @param {boolean} mayReturn
 */
function over(why, mayReturn) {
  clearInterval(asking);
  waiting.close();
  entrance.close();
  if (inside) stop(inside.devices);
  inside = null;
  stage.clear();
  beside.clear();
  element('why').textContent = why;
  element('again').hidden = !mayReturn;
  element('again').textContent = say('rejoin');
  element('again').onclick = null;
  only('over');
}

/**
 * Another window is this participant now; one click, and this one is again.
 * @param {import('./registration/session.js').Session} left
 */
function offerToTakeBack(left) {
  element('again').textContent = say('takeBack');
  element('again').onclick = (event) => {
    event.preventDefault();
    void comeBack(left);
  };
}

/** The token comes in the fragment, which no server sees, and is not left to be copied with the link. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('t');
  if (given) {
    forThisTab.put(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return forThisTab.get(KEY);
}

/** Whoever presses Join again comes as anybody does. */
function forgetToken() {
  token = null;
  forThisTab.drop(KEY);
}

document.addEventListener('visibilitychange', () => room?.look());
for (const event of ['online', 'offline', 'pageshow']) addEventListener(event, () => room?.networkChanged());
// A page that is loaded anew cannot be told from one that is closed: who does not come back is missed some seconds later.
addEventListener('pagehide', () => {
  const left = session();
  if (left) keep(id, left);
});
