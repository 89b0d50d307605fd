// What people decide about each other and say to each other, on the page. Its pictures go to out/, for eyes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAreQuiet } from '../checks.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 150_000 };
const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const HEARD_WITHIN_MS = 8_000;
const SEEN_WITHIN_MS = 5_000;
// A voice that is there is some 50 dB above what is not, one that is not there is not above it at all.
const THERE_DB = 30;
const NOBODY_HZ = 1_500;

const ann = { name: 'ann', tone: 440 };
const ben = { name: 'ben', tone: 660 };
const fay = { name: 'fay', tone: 880, firefox: true };
const leo = { name: 'leo' };

for (const [browser, who] of Object.entries({ Chromium: ben, Firefox: fay })) {
  test(`a moderator mutes, forbids and asks: ${browser}`, { ...STORY, skip: unable({ firefox: who.firefox }) }, () =>
    onStage([ann, who], async (stage, ann, who) => {
      await enterInTurn([ann, who], await stage.service.create({ title: 'Quiet' }));
      await hears(ann, who, true);
      await press(ann, 'People');
      await press(ann, `What you can do for ${who.name}`);
      await press(ann, 'Mute', '#panel-people');
      await hears(ann, who, false);
      await press(ann, 'Ask to unmute');
      await until('the question is there', SEEN_WITHIN_MS, async () => (await who.text()).includes('ann asks you to unmute.'));
      await who.picture(`asked-${browser}`, SIZES[0]);
      await hears(ann, who, false);
      await press(who, 'Yes');
      await hears(ann, who, true);
      await press(ann, 'Microphone', '#panel-people .actions');
      await hears(ann, who, false);
      await who.page.bringToFront();
      await who.page.evaluate(() => document.querySelector('#microphone').click());
      await hears(ann, who, false);
      assert.equal((await who.report()).me.publishing.microphone, false, 'he cannot undo it');
      await press(ann, 'Microphone', '#panel-people .actions');
      await until('he reads that he may', SEEN_WITHIN_MS, async () => (await who.text()).includes('You may speak now.'));
      assert.equal((await who.report()).me.publishing.microphone, false, 'it does not begin by itself');
      await who.page.evaluate(() => document.querySelector('#microphone').click());
      await hears(ann, who, true);
      pagesAreQuiet([ann, who], stage.service.origin);
    }));
}

test('hands, roles, handing over, a ban that is lifted', { ...STORY, skip: unable() }, () =>
  onStage([ann, ben, leo], async (stage, ann, ben, leo) => {
    const conference = await stage.service.create({ title: 'Roles' });
    await enterInTurn([ann, ben, leo], conference);
    for (const person of [ben, leo]) {
      await press(person, 'People');
      await press(person, 'Raise hand');
    }
    await press(ann, 'People, 2 to look at');
    await until('hands stand in their order', SEEN_WITHIN_MS, async () => (await named(ann, 'img')).join().includes('Hand up, number 1'));
    assert.deepEqual(await people(ann), ['ben', 'leo', 'ann (you)']);
    await press(ann, 'What you can do for ben');
    for (const size of SIZES) await ann.picture('people', size);
    await ann.page.setViewport(SIZES[0]);
    await press(ann, 'Moderator', '#panel-people .actions');
    await until('ben is a moderator', SEEN_WITHIN_MS, async () => (await ben.report()).me.role === 'moderator');
    await press(ben, 'What you can do for leo');
    await press(ben, 'Hand over moderation');
    for (const size of SIZES) await ben.picture('confirm', size);
    await ben.page.setViewport(SIZES[0]);
    await press(ben, 'Hand over moderation', 'dialog');
    await until('leo moderates in ben’s place', SEEN_WITHIN_MS, async () =>
      (await leo.report()).me.role === 'moderator' && (await ben.report()).me.role === 'speaker');
    await press(leo, 'What you can do for ann');
    await press(leo, 'Speaker', '#panel-people .actions');
    await until('ann is a speaker', SEEN_WITHIN_MS, async () => (await ann.report()).me.role === 'speaker');
    const ofBen = '#panel-people .person:has([aria-label="What you can do for ben"])';
    await press(leo, 'What you can do for ben');
    await press(leo, 'Remove', ofBen);
    await press(leo, 'Remove', 'dialog');
    await until('ben reads it', SEEN_WITHIN_MS, async () => (await ben.text()).includes('A moderator has removed you'));
    await until('leo sees that he has gone', SEEN_WITHIN_MS, async () => !(await leo.sees(ben)));
    await ben.open(conference.url);
    await ben.join();
    await until('ben comes back', SEEN_WITHIN_MS, async () => (await ben.report())?.me?.id);
    await press(leo, 'What you can do for ben');
    await press(leo, 'Ban', ofBen);
    await press(leo, 'Ban', 'dialog');
    await until('ben reads it', SEEN_WITHIN_MS, async () => (await ben.text()).includes('A moderator has banned you'));
    await ben.open(conference.url);
    await ben.join();
    await until('ben cannot come back', SEEN_WITHIN_MS, async () => (await ben.text()).includes('A moderator keeps you out of this conference.'));
    await press(leo, 'For all', '#panel-people', 'summary');
    await press(leo, 'What moderators did');
    await until('it is written down', SEEN_WITHIN_MS, async () => (await leo.text()).includes('leo banned ben.'));
    for (const size of SIZES) await leo.picture('audit', size);
    await leo.page.setViewport(SIZES[0]);
    await press(leo, 'Close', 'dialog');
    await press(leo, 'Bans');
    await press(leo, 'Lift the ban of ben');
    await until('nobody is banned', SEEN_WITHIN_MS, async () => (await leo.text()).includes('Nobody is banned.'));
    await press(leo, 'Close', 'dialog');
    await ben.open(conference.url);
    await ben.join();
    await until('ben is in', SEEN_WITHIN_MS, async () => (await ben.report())?.me?.id);
  }));

test('whoever knocks is let in or not, and a lock keeps people out', { ...STORY, skip: unable() }, () =>
  onStage([ann, ben, leo], async (stage, ann, ben, leo) => {
    const conference = await stage.service.create({ title: 'Door', lobby: true });
    await enterInTurn([ann], conference);
    for (const guest of [ben, leo]) {
      await guest.open(conference.url);
      await guest.join();
    }
    await press(ann, 'People, 2 to look at');
    for (const size of SIZES) await ann.picture('knocking', size);
    await ann.page.setViewport(SIZES[0]);
    await press(ann, 'Let ben in');
    await until('ben is in', SEEN_WITHIN_MS, async () => (await ben.report())?.me?.id);
    await press(ann, 'Refuse leo');
    await until('leo reads it', SEEN_WITHIN_MS, async () => (await leo.text()).includes('let you in'));
    await press(ann, 'For all', '#panel-people', 'summary');
    await press(ann, 'Locked');
    await until('it is locked', SEEN_WITHIN_MS, () => ann.page.$('#for-all [aria-pressed="true"]::-p-text(Locked)'));
    for (const size of SIZES) await ann.picture('for-all', size);
    await leo.open(conference.url);
    await leo.join();
    await until('leo reads that it is locked', SEEN_WITHIN_MS, async () => (await leo.text()).includes('locked'));
    assert.equal((await ann.report()).participants.length, 1);
  }));

test('what is written is text, and whoever comes late reads it', { ...STORY, skip: unable({ firefox: true }) }, () =>
  onStage([ann, fay, leo], async (stage, ann, fay, leo) => {
    const conference = await stage.service.create({ title: 'Chat' });
    await enterInTurn([ann, fay], conference);
    const trap = '<img src=x onerror="document.title=1"> see https://example.org/a(b) and javascript:alert(1)';
    await press(ann, 'Chat');
    await write(ann, trap);
    await press(fay, 'Chat, 1 unread');
    await until('fay reads it', SEEN_WITHIN_MS, async () => (await written(fay)).some(({ text }) => text === trap));
    await press(fay, `Reply to ann: ${trap.slice(0, 80)}…`);
    await write(fay, 'Is it?');
    await until('ann reads the reply', SEEN_WITHIN_MS, async () => (await written(ann)).at(-1).text === 'Is it?');
    await enterInTurn([leo], { url: conference.url, moderator_token: (await stage.service.token(conference, 'listener')) });
    await press(leo, 'Chat, 2 unread');
    const [first, second] = await written(leo);
    assert.deepEqual(first, { text: trap, links: [['https://example.org/a(b)', 'noopener noreferrer']], images: 0, quote: null });
    assert.equal(second.text, 'Is it?');
    assert(second.quote.startsWith('ann <img src=x'));
    for (const size of SIZES) await fay.picture('chat', size);
    await fay.page.setViewport(SIZES[0]);
    await chatter(leo, 15);
    await until('leo reads why it is not said', SEEN_WITHIN_MS, async () => (await leo.text()).includes('You write faster than anyone reads.'));
    await press(ann, 'People');
    await press(ann, 'What you can do for leo');
    await press(ann, 'Chat', '#panel-people .actions');
    await until('leo reads that he may not', SEEN_WITHIN_MS, async () => (await leo.text()).includes('does not allow you to write'));
    pagesAreQuiet([ann, fay, leo], stage.service.origin);
  }));

/**
 * Presses the button that a screen reader finds under that name.
 * @param {import('../person.mjs').Person} person
 * @param {string} name
 * @param {string} [within]  of the page, by a selector
 * @param {string} [what]
 */
async function press(person, name, within = 'body', what = 'button') {
  await person.page.bringToFront();
  await until(`${person.name} can press ${name}`, SEEN_WITHIN_MS, () => person.page.evaluate((name, within, what) => {
    const said = (one) => (one.getAttribute('aria-label') ?? one.textContent).trim();
    const shown = (one) => one.checkVisibility() && !one.disabled;
    const found = [...document.querySelectorAll(`${within} ${what}`)].filter((one) => shown(one) && said(one) === name);
    found[0]?.click();
    return found.length > 0;
  }, name, within, what));
}

/** Whether one hears the other one, within a while. */
function hears(one, other, expected) {
  return until(`${one.name} ${expected ? 'hears' : 'does not hear'} ${other.name}`, HEARD_WITHIN_MS, async () => {
    const [voice, nobody] = await one.levels([other.tone, NOBODY_HZ]);
    return voice - nobody > THERE_DB === expected;
  });
}

/** The people in the panel, in their order. */
function people(person) {
  return person.page.evaluate(() => [...document.querySelectorAll('#people-list .name')].map(({ textContent }) => textContent));
}

/** What is said by the names of all of that role in the panel. */
function named(person, role) {
  return person.page.evaluate((role) => [...document.querySelectorAll(`#panel-people [role="${role}"]`)].map((one) => one.getAttribute('aria-label')), role);
}

/** Writes so often without a pause, or until it is refused. */
function chatter(person, times) {
  return person.page.evaluate(async (times) => {
    const [form, words, trouble] = ['write', 'words', 'chat-trouble'].map((id) => document.getElementById(id));
    for (let i = 0; i < times && trouble.hidden; i += 1) {
      words.value = `no. ${i}`;
      form.requestSubmit();
      while (words.readOnly) await new Promise((done) => setTimeout(done, 5));
    }
  }, times);
}

async function write(person, text) {
  await person.page.bringToFront();
  await person.page.locator('#words').fill(text);
  await person.page.keyboard.press('Enter');
  await until(`${person.name}'s words are gone`, SEEN_WITHIN_MS, () => person.page.evaluate(() => document.querySelector('#words').value === ''));
}

function written(person) {
  return person.page.evaluate(() => [...document.querySelectorAll('#messages .message')].map((message) => ({
    text: message.querySelector('.text').textContent,
    links: [...message.querySelectorAll('a')].map(({ href, rel }) => [href, rel]),
    images: message.querySelectorAll('img').length,
    quote: message.querySelector('blockquote')?.textContent ?? null,
  })));
}
