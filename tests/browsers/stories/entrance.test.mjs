// How one comes to a conference: makes it, is invited, chooses devices, waits, comes in by another site.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { hearsOnly, pagesAreQuiet } from '../checks.mjs';
import { moderate } from '../moderator.mjs';
import { readCode } from '../qr.mjs';
import { heardFromFrame, openSite, sayToFrame, showInFrame } from '../site.mjs';
import { PORT } from '../service.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const STORY = { timeout: 120_000, skip: unable() };
const READ_WITHIN_MS = 8_000;
const IN_WITHIN_MS = 15_000;

// In which a page that listened would have obeyed.
const LISTENS_MS = 1_500;

const SITE_PORT = 8_081;
const SITE = `http://127.0.0.1:${SITE_PORT}`;
const DELEGATED = 'camera; microphone; autoplay';

/** @param {import('../person.mjs').Person} person */
const reads = (person, words, withinMs = READ_WITHIN_MS) =>
  until(`${person.name} reads "${words}"`, withinMs, async () => (await person.text()).includes(words));

const press = async (person, name) => (await person.find('button', name)).click();

const isIn = (person) => until(`${person.name} is in`, IN_WITHIN_MS, async () => (await person.report())?.me?.id);

/** What a list says is chosen. */
const chosen = (person, name) => person.page.$eval(`select[name=${name}]`, ({ selectedOptions: [option] }) => option?.label);

const isPressed = async (person, name) => (await person.find('button', name)).evaluate((button) => button.getAttribute('aria-pressed') === 'true');

async function look(person, name) {
  for (const size of SIZES) await person.picture(name, size);
}

test('a conference is made as its form says, and its links lead where they should', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const { service } = stage;
    await ann.open(service.origin);
    const asked = ann.page.waitForRequest((request) => request.method() === 'POST');
    const starts = await fillIn(ann);
    await press(ann, 'Create');
    const wishes = {
      title: 'Choir', max_participants: 7, listed: true, lobby: true, topology: 'claimed', sound: 'relay', starts_at: starts,
    };
    assert.deepEqual(JSON.parse((await asked).postData()), wishes);
    const link = await until('ann reads the link', READ_WITHIN_MS, () => ann.page.$eval('#invitation input', ({ value }) => value));
    assert(link.startsWith(`${service.origin}/c/`), link);
    const made = await (await fetch(`${service.inside}/api/v1/conferences/${link.split('/').at(-1)}`)).json();
    const { title, max_participants, listed, starts_at } = made;
    assert.deepEqual({ title, max_participants, listed, starts_at }, { title: 'Choir', max_participants: 7, listed: true, starts_at: starts });
    await look(ann, 'made');
    assert.equal(await readCode(ann.page, '#invitation .qr'), link);
    await ann.page.reload();
    assert.equal(await ann.page.$eval('#invitation input', ({ value }) => value), link, 'the link is there when the page is loaded again');
    await (await ann.find('link', 'Enter')).click();
    await ann.page.waitForNavigation();
    await ann.join();
    await isIn(ann);
    const { me, sound } = await ann.report();
    assert.deepEqual([me.role, sound, ann.page.url()], ['moderator', 'relay', link]);
    await ann.page.setViewport(SIZES[0]);
    await press(ann, 'Invite');
    assert.equal(await readCode(ann.page, 'dialog .qr'), link);
    const [, own] = await ann.page.$$eval('dialog input', (fields) => fields.map(({ value }) => value));
    assert(own.startsWith(`${link}#t=`), own);
    await look(ann, 'invite');
    pagesAreQuiet([ann], service.origin);
  }));

/** The seconds since 1970 at which it is to begin. */
async function fillIn(ann) {
  await (await ann.find('textbox', 'Title')).type('Choir');
  await (await ann.find('checkbox', 'Show it in the public list')).click();
  await (await ann.find('checkbox', 'People wait until a moderator lets them in')).click();
  await ann.page.click('#create summary');
  const most = await ann.find('spinbutton', 'Most people');
  await most.click({ clickCount: 3 });
  await most.type('7');
  await ann.page.select('select[name=topology]', 'claimed');
  await ann.page.select('select[name=sound]', 'relay');
  return ann.page.$eval('input[name=starts]', (field) => {
    const tomorrow = new Date(Date.now() + 24 * 3_600_000);
    tomorrow.setSeconds(0, 0);
    field.value = new Date(tomorrow - tomorrow.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    return tomorrow.getTime() / 1_000;
  });
}

test('the list of public conferences keeps itself up while somebody looks', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }], async (stage, ann, ben) => {
    await ann.open(stage.service.origin);
    await reads(ann, 'There is none at the moment.');
    const { url } = await stage.service.create({ title: 'Open house', max_participants: 9 });
    await reads(ann, 'Open house');
    await reads(ann, '0 of 9 people');
    await ben.enter(url);
    await reads(ann, '1 of 9 people');
    await look(ann, 'list');
    pagesAreQuiet([ann, ben], stage.service.origin);
  }));

test('the operator’s word is asked for where he wants one', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    await ann.open(stage.service.origin);
    const word = () => ann.find('textbox', 'The operator’s word for creating conferences');
    assert.equal(await ann.page.$eval('#creation-token', ({ hidden }) => hidden), true);
    await press(ann, 'Create');
    await reads(ann, 'one needs the operator’s word');
    await (await word()).type('guess');
    await press(ann, 'Create');
    await reads(ann, 'That is not the operator’s word.');
    await (await word()).click({ clickCount: 3 });
    await (await word()).type('sesame');
    await press(ann, 'Create');
    await reads(ann, 'Your conference is ready.');
  }, { words: ['--create-token', 'sesame'] }));

test('what was chosen is remembered: devices, a speaker, to be muted and unseen', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }], async (stage, ann, ben) => {
    const { url } = await stage.service.create({ title: 'Habits' });
    await ann.open(url);
    await until('ann can choose', READ_WITHIN_MS, () => ann.page.$eval('select[name=microphone]', ({ options }) => options.length > 2));
    await loudnessMoves(ann);
    await chooses(ann, 'microphone', 'Fake Audio Input 2');
    await chooses(ann, 'speaker', 'Fake Audio Output 2');
    await press(ann, 'Join muted');
    await press(ann, 'Join with the camera off');
    await ann.page.reload();
    await until('ann’s choices are there again', READ_WITHIN_MS, async () =>
      (await chosen(ann, 'microphone')) === 'Fake Audio Input 2' && (await chosen(ann, 'speaker')) === 'Fake Audio Output 2');
    assert.deepEqual([await isPressed(ann, 'Join muted'), await isPressed(ann, 'Join with the camera off')], [true, true]);
    await look(ann, 'entrance');
    await ann.join();
    await isIn(ann);
    await ben.enter(url);
    const { video, path } = await until('ben sees ann’s tile', READ_WITHIN_MS, () => ben.sees(ann));
    assert.deepEqual([video.frames, path], [0, 'none']);
    await hearsOnly(ann, [ben], []);
    const heard = await ann.page.$eval('#sound', ({ sinkId }) => sinkId);
    const meant = await ann.page.evaluate(async () =>
      (await navigator.mediaDevices.enumerateDevices()).find(({ label }) => label === 'Fake Audio Output 2').deviceId);
    assert.equal(heard, meant, 'the speaker that plays');
    await press(ann, 'Unmute');
    await hearsOnly(ben, [ann], []);
    pagesAreQuiet([ann, ben], stage.service.origin);
  }));

async function chooses(person, name, label) {
  const value = await person.page.$eval(`select[name=${name}]`, ({ options }, wanted) =>
    [...options].find((option) => option.label === wanted)?.value, label);
  await person.page.select(`select[name=${name}]`, value);
  await until(`${label} is chosen`, READ_WITHIN_MS, async () => (await chosen(person, name)) === label);
}

/** Of a voice that swells and fades. */
async function loudnessMoves(person) {
  const seen = new Set();
  await until('the microphone’s level moves', READ_WITHIN_MS, async () => {
    seen.add(await person.page.$eval('#level', (level) => level.getAttribute('aria-valuenow')));
    return seen.size > 3;
  });
}

test('a device that was remembered and is gone is replaced, and that is said', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Moved house' });
    await ann.open(url);
    await ann.page.evaluate(() => localStorage.setItem('devices', JSON.stringify({ microphone: { id: 'gone', label: 'Headset' } })));
    await ann.page.reload();
    await reads(ann, '“Headset” is not there; “Fake Default Audio Input” is used instead.');
    pagesAreQuiet([ann], stage.service.origin);
  }));

test('whose browser gives no devices reads why, and needs not load the page again', STORY, () =>
  onStage([{ name: 'ann', tone: 440, asked: true }], async (stage, ann) => {
    const { origin } = stage.service;
    const { url } = await stage.service.create({ title: 'Shy' });
    const permissions = ann.browser.defaultBrowserContext();
    await permissions.overridePermissions(origin, []);
    await ann.open(url);
    await reads(ann, 'The browser does not let this page use your camera and microphone');
    await look(ann, 'refused');
    await permissions.overridePermissions(origin, ['microphone']);
    await press(ann, 'Try again');
    await reads(ann, 'The browser does not let this page use your camera:');
    await permissions.overridePermissions(origin, ['camera', 'microphone']);
    await until('the camera is there by itself, or when she tries again', READ_WITHIN_MS, async () => {
      if (await chosen(ann, 'camera') === 'fake_device_0') return true;
      await ann.page.click('#retry').catch(() => {});
      return false;
    });
    assert.equal(await ann.page.$eval('#notice', ({ hidden }) => hidden), true);
  }));

test('a camera that another program uses is said to be busy, and starts when it is free', STORY, () =>
  onStage([{ name: 'ann', tone: 440, prepare: occupyCamera }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Busy' });
    await ann.open(url);
    await reads(ann, 'Your camera does not start');
    assert.equal(await chosen(ann, 'microphone'), 'Fake Default Audio Input');
    await ann.page.evaluate(() => { occupied.camera = false; });
    await press(ann, 'Try again');
    await until('the camera is there', READ_WITHIN_MS, async () => (await chosen(ann, 'camera')) === 'fake_device_0');
    assert.equal(await ann.page.$eval('#preview', ({ hidden }) => hidden), false);
  }));

function occupyCamera(page) {
  return page.evaluateOnNewDocument(() => {
    Object.defineProperty(globalThis, 'occupied', { value: { camera: true } });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) =>
      (occupied.camera && wanted.video ? Promise.reject(new DOMException('in use', 'NotReadableError')) : ask(wanted));
  });
}

test('who joins while devices are being opened has them when they are open', STORY, () =>
  onStage([{ name: 'ann', tone: 440, prepare: holdDevices }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Slow' });
    await ann.enter(url, { music: false });
    const nothing = { microphone: false, camera: false, screen: false };
    assert.deepEqual((await ann.report()).me.publishing, nothing);
    await ann.page.evaluate(() => held.letGo());
    await until('both are sent', READ_WITHIN_MS, async () => {
      const { microphone, camera } = (await ann.report()).me.publishing;
      return microphone && camera;
    });
    pagesAreQuiet([ann], stage.service.origin);
  }));

function holdDevices(page) {
  return page.evaluateOnNewDocument(() => {
    const held = {};
    const gone = new Promise((resolve) => { held.letGo = resolve; });
    Object.defineProperty(globalThis, 'held', { value: held });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => gone.then(() => ask(wanted));
  });
}

test('a microphone that is plugged in later appears', STORY, () =>
  onStage([{ name: 'ann', tone: 440, prepare: hideDevices }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Late' });
    await ann.open(url);
    await reads(ann, 'No camera or microphone was found: plug one in.');
    await ann.page.evaluate(() => {
      hidden.devices = false;
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    });
    await until('they are chosen', READ_WITHIN_MS, async () =>
      (await chosen(ann, 'microphone')) === 'Fake Default Audio Input' && (await chosen(ann, 'camera')) === 'fake_device_0');
    pagesAreQuiet([ann], stage.service.origin);
  }));

function hideDevices(page) {
  return page.evaluateOnNewDocument(() => {
    Object.defineProperty(globalThis, 'hidden', { value: { devices: true } });
    const { mediaDevices } = navigator;
    const [ask, list] = [mediaDevices.getUserMedia.bind(mediaDevices), mediaDevices.enumerateDevices.bind(mediaDevices)];
    mediaDevices.getUserMedia = (wanted) => (hidden.devices ? Promise.reject(new DOMException('', 'NotFoundError')) : ask(wanted));
    mediaDevices.enumerateDevices = async () => (hidden.devices ? [] : list());
  });
}

test('whoever waits reads for whom, and comes in by himself or reads that he does not', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }], async (stage, ann, ben) => {
    const conference = await stage.service.create({ title: 'Consultation', lobby: true });
    const chair = await moderate(ann, stage.service, conference);
    await ben.open(conference.url);
    await ben.join();
    await reads(ben, 'A moderator has to let you in.');
    await look(ben, 'waiting');
    await until('the moderator knows', READ_WITHIN_MS, async () => (await chair.waiting()).includes('ben'));
    assert.equal((await ben.report())?.me ?? null, null);
    await chair.decide('admit', 'ben');
    await isIn(ben);
    await ann.open(conference.url);
    await ann.join();
    await until('ann waits', READ_WITHIN_MS, async () => (await chair.waiting()).includes('ann'));
    await chair.decide('deny', 'ann', { ban: true });
    await reads(ann, 'The moderator did not let you in.');
    await ann.page.reload();
    await ann.join();
    await reads(ann, 'A moderator keeps you out of this conference.');
    assert(!(await ann.text()).includes('Your name'), 'she is not asked to try again');
    await chair.leave();
  }));

test('who found the conference full, unseen, tries again with a camera that works', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }, { name: 'cleo', tone: 880 }], async (stage, ann, ben, cleo) => {
    const { url } = await stage.service.create({ title: 'Two at most', max_participants: 2 });
    await ann.enter(url);
    await ben.enter(url);
    await cleo.open(url);
    await until('cleo can choose', READ_WITHIN_MS, async () => (await chosen(cleo, 'camera')) === 'fake_device_0');
    await press(cleo, 'Join with the camera off');
    await cleo.join();
    await reads(cleo, 'This conference is full.');
    await ben.leave();
    await press(cleo, 'Join with the camera off');
    await until('cleo is in', IN_WITHIN_MS, async () => {
      if ((await cleo.report()).me?.id) return true;
      await cleo.page.click('#enter:not(:disabled)').catch(() => {});
      return false;
    });
    await until('ann sees cleo', IN_WITHIN_MS, async () => (await ann.sees(cleo))?.video.frames > 1);
    pagesAreQuiet([ann, cleo], stage.service.origin);
  }));

test('who is early reads when it begins, and comes in then', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const starts_at = Math.floor(Date.now() / 1_000) + 12;
    const { url } = await stage.service.create({ title: 'Evensong', starts_at });
    await ann.open(url);
    await ann.join();
    await reads(ann, 'You are early.');
    assert.match(await ann.text(), new RegExp(`${new Date(starts_at * 1_000).getFullYear()}.* at .*:`));
    await look(ann, 'early');
    await isIn(ann);
    assert(Date.now() / 1_000 >= starts_at, 'not before it begins');
    pagesAreQuiet([ann], stage.service.origin);
  }));

test('a site that the operator lists shows the page, makes it join and leave, and is told what happens', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'ben', tone: 660 }], async (stage, ann, ben) => {
    const { url } = await stage.service.create({ title: 'Reception' });
    await openSite(stage.lab.hosts.ann, SITE_PORT);
    await ann.open(SITE);
    await showInFrame(ann.page, url, DELEGATED);
    const heard = (event) => until(`the site hears "${event}"`, IN_WITHIN_MS, async () =>
      (await heardFromFrame(ann.page)).find(({ convene }) => convene === event));
    assert.equal((await heard('ready')).origin, stage.service.origin);
    await sayToFrame(ann.page, { convene: 'join', request: 'j', name: 'Ann at reception', microphone: true, camera: false });
    const { me, title } = await heard('joined');
    assert.deepEqual([me.name, title], ['Ann at reception', 'Reception']);
    await ben.enter(url);
    assert.equal((await heard('participant_joined')).participant.name, 'ben');
    await hearsOnly(ben, [ann], []);
    assert((await heard('talking')).ids.length > 0);
    await sayToFrame(ann.page, { convene: 'microphone', on: false });
    await until('ben reads that ann is muted', READ_WITHIN_MS, async () => (await ben.page.$eval('.tile:not(.own) .muted', ({ hidden }) => !hidden)));
    await sayToFrame(ann.page, { convene: 'camera', on: true });
    await until('ben sees ann', READ_WITHIN_MS, async () =>
      (await ben.report()).participants.some(({ video }) => video.frames > 1));
    await sayToFrame(ann.page, { convene: 'report', request: 7 });
    const { report } = await until('the site has its report', READ_WITHIN_MS, async () =>
      (await heardFromFrame(ann.page)).find(({ request }) => request === 7));
    assert.deepEqual(report.participants.map(({ name }) => name), ['ben']);
    await ben.leave();
    await heard('participant_left');
    await sayToFrame(ann.page, { convene: 'leave' });
    await heard('left');
  }, { wired: true, words: ['--embed-origin', SITE] }));

test('without the site’s leave to use devices the page says so', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Reception' });
    await openSite(stage.lab.hosts.ann, SITE_PORT);
    await ann.open(SITE);
    await showInFrame(ann.page, url, '');
    const frame = await until('the page is in the frame', READ_WITHIN_MS, () => ann.page.frames().find((one) => one.url() === url));
    await until('it says what is the matter', READ_WITHIN_MS, async () =>
      (await frame.evaluate(() => document.body.innerText)).includes('does not pass your camera and microphone on'));
  }, { wired: true, words: ['--embed-origin', SITE] }));

test('a site that is not listed shows nothing, and is not heard', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Private' });
    await openSite(stage.lab.hosts.ann, SITE_PORT);
    await ann.open(SITE);
    await showInFrame(ann.page, url, DELEGATED);
    await until('the browser refuses to show it', READ_WITHIN_MS, () => ann.complaints.some((complaint) => /frame-ancestors/.test(complaint)));
    // In a window of its own the page can be spoken to by whoever opened it; it does not listen.
    await ann.page.evaluate((page) => {
      globalThis.other = open(page);
      globalThis.heard = [];
      addEventListener('message', ({ data }) => heard.push(data));
    }, url);
    const other = await until('the window is open', READ_WITHIN_MS, async () => (await ann.browser.pages()).find((page) => page.url() === url));
    await other.waitForSelector('select[name=camera] option');
    for (const message of [{ convene: 'hello' }, { convene: 'join', name: 'Eve' }]) {
      await ann.page.evaluate((said) => other.postMessage(said, '*'), message);
    }
    await pause(LISTENS_MS);
    assert.equal(await other.evaluate(() => convene.report().me), null);
    assert.equal(await other.$eval('input[name=name]', ({ value }) => value), '');
    assert.deepEqual(await ann.page.evaluate(() => heard), []);
  }, { wired: true, words: ['--embed-origin', 'https://intranet.example.org'] }));

test('in Firefox, too, devices are chosen and one joins muted', { ...STORY, skip: unable({ firefox: true }) }, () =>
  onStage([{ name: 'ann', tone: 440, firefox: true }, { name: 'ben', tone: 660 }], async (stage, ann, ben) => {
    const { url } = await stage.service.create({ title: 'Fox' });
    await ann.open(url);
    await until('ann can choose', READ_WITHIN_MS, () => ann.page.$eval('select[name=microphone]', ({ options }) => options.length > 1));
    // Its fake microphone hums without end.
    await until('the microphone’s level shows', READ_WITHIN_MS, () => ann.page.$eval('#level', (level) => Number(level.getAttribute('aria-valuenow')) > 10));
    await (await ann.page.$('#pick-speaker')).click();
    await until('a speaker was picked', READ_WITHIN_MS, () => ann.page.$eval('select[name=speaker]', ({ value }) => value !== ''));
    await press(ann, 'Play a tone');
    await until('the tone was played there', READ_WITHIN_MS, () => ann.page.$eval('#try-speaker', ({ disabled }) => !disabled));
    // What plays elsewhere than the page's own listening cannot be listened to.
    await ann.page.select('select[name=speaker]', '');
    await press(ann, 'Join muted');
    await ann.page.reload();
    await until('it is remembered', READ_WITHIN_MS, () => isPressed(ann, 'Join muted'));
    await ann.join();
    await isIn(ann);
    await ben.enter(url);
    await hearsOnly(ann, [ben], []);
    await until('ben reads that ann is muted', READ_WITHIN_MS, () => ben.page.$eval('.tile:not(.own) .muted', ({ hidden }) => !hidden));
    pagesAreQuiet([ann, ben], `http://127.0.0.1:${PORT}`);
  // Firefox lets choose speakers in secure contexts only.
  }, { wired: true }));
