// The conference page, as a recipe: look at the link, choose devices, join, be in it, see that it is over.

import { embed, NotNow, overheard } from './embed.js';
import { say, translate } from './i18n.js';
import { forThisTab } from './kept.js';
import { embedding, look } from './registration/api.js';
import { report } from './report.js';
import { Room } from './room.js';
import { Entrance } from './view/entrance.js';
import { Stage } from './view/stage.js';
import { element, only } from './view/elements.js';
import { openInvitation } from './view/invite.js';
import { refusal, sentence } from './view/trouble.js';
import { Waiting } from './view/waiting.js';

const id = location.pathname.split('/')[2] ?? '';
const KEY = `token ${id}`;
/** After these somebody who asks again at once would only hear the same. @type {import('./protocol.d.ts').ErrorCode[]} */
const FINAL = ['denied', 'banned'];
let token = takeToken();
const entrance = new Entrance(join);
const stage = new Stage();
const waiting = new Waiting(leave);
/** @type {Room | null} */ let room = null;
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
await welcome();

async function welcome() {
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
  const joined = new Room(id, devices, overheard(view(devices), site));
  room = joined;
  stage.control(joined, devices, leave);
  element('invite').onclick = () => openInvitation(links());
  await joined.join(name, token, wishes);
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
  if (room.publishing()[what] !== on) button.click();
}

function leave() {
  room?.leave();
  site.tell('left');
  over(say('left'), true);
}

/**
 * @param {import('./codec/devices.js').Devices} devices
 * @returns {import('./room.js').View}
 */
function view(devices) {
  return {
    waits: (until, conference) => waiting.show(until, conference),
    entered(me, title, mayEnd) {
      waiting.close();
      document.title = title || say('untitled');
      only('room');
      stage.enter(me);
      asking = setInterval(async () => { quality = await room?.quality() ?? quality; }, 2_000);
    },
    add: (other) => stage.add(other),
    update: (other) => stage.update(other),
    updateMe: (me) => stage.updateMe(me),
    remove: (other) => stage.remove(other),
    relaying: (passed) => stage.relaying(passed),
    talkers: (talkers) => stage.tellTalkers(talkers),
    sound: (stream) => stage.hear(stream),
    voices: (voices) => stage.hearVoices(voices),
    soundMode: (mode) => stage.tellSoundMode(mode),
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
      const words = { moderator: 'endedModerator', empty: 'endedEmpty', shutdown: 'endedShutdown', dropped: 'dropped', lost: 'socketLost' };
      const { blocked } = stage;
      over(why === 'dropped' && blocked ? blocked : say(words[why]), why === 'dropped' || why === 'lost');
    },
  };
}

/** @param {string} why  one does not get in, as it is now */
function refuse(why) {
  waiting.close();
  only('joining');
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
  stage.clear();
  element('why').textContent = why;
  element('again').hidden = !mayReturn;
  only('over');
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
addEventListener('pagehide', () => room?.leave());
