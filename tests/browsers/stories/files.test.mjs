// Files that people send each other: from browser to browser, or by the server where that cannot be. Its pictures go to out/.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesAreQuiet } from '../checks.mjs';
import { offer, png, row } from '../files.mjs';
import { giveVoice } from '../firefox.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 240_000, skip: unable({ firefox: true }) };
const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const WITHIN_MS = 10_000;
const LARGE = 8_000_000;

const ann = { name: 'ann', tone: 440, prepare: keepBlobs };
const ben = { name: 'ben', tone: 660, prepare: keepBlobs };
const fay = { name: 'fay', tone: 880, firefox: true, prepare: (page) => Promise.all([keepBlobs(page), giveVoice(page)]) };
const leo = { name: 'leo', prepare: keepBlobs };

for (const [way, from, to] of [['from Chromium to Firefox', ann, fay], ['from Firefox to Chromium', fay, ann]]) {
  test(`a file goes from browser to browser, ${way}: progress at both ends, the same octets, not by the server`, STORY, () =>
    onStage([from, to], async (stage, from, to) => {
      await enterInTurn([from, to], await stage.service.create({ title: 'Files' }));
      await openChats([from, to]);
      await keepProgress(from);
      await keepProgress(to);
      const sha256 = await offer(from, { name: 'large <b>.bin', size: LARGE });
      await press(to, 'Fetch: large <b>.bin');
      await until('it is there', 60_000, () => saved(to, 'large <b>.bin'));
      assert.deepEqual(await saved(to, 'large <b>.bin'), { size: LARGE, sha256, type: 'application/octet-stream' });
      const [sent, came] = [await progressOf(from), await progressOf(to)];
      for (const [who, notes] of [['whoever sends', sent.filter((note) => note.includes('sent'))], ['whoever fetches', came.filter((note) => note.includes('browser to browser'))]]) {
        const shares = notes.map((note) => Number(note.match(/(\d+) %/)?.[1]));
        assert(new Set(shares).size > 5, `${who} sees progress: ${shares}`);
        assert.deepEqual(shares, [...shares].sort((a, b) => a - b), `${who}’s progress goes forward`);
      }
      assert(!came.some((note) => note.includes('server')), 'not by the server');
      pagesAreQuiet([from, to], stage.service.origin);
    }));
}

test('either end stops it, and it can be fetched again', STORY, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    await enterInTurn([ann, ben], await stage.service.create({ title: 'Cancel' }));
    await openChats([ann, ben]);
    await offer(ann, { name: 'much.bin', size: 60_000_000 });
    await press(ben, 'Fetch: much.bin');
    await until('some of it has come', WITHIN_MS, async () => /[1-9]\d* %/.test((await row(ben, 'much.bin')).note));
    await press(ben, 'Cancel: much.bin');
    await until('ann sends no more', WITHIN_MS, async () => !(await row(ann, 'much.bin')).note.includes('sent'));
    assert.deepEqual((await row(ben, 'much.bin')).buttons, ['Fetch: much.bin']);
    await press(ben, 'Fetch: much.bin');
    await until('some of it has come again', WITHIN_MS, async () => /[1-9]\d* %/.test((await row(ben, 'much.bin')).note));
    await press(ann, 'Take back: much.bin');
    await until('ben reads it', WITHIN_MS, async () => (await row(ben, 'much.bin')).note.includes('no longer offered'));
    assert.deepEqual((await row(ben, 'much.bin')).buttons, []);
    pagesAreQuiet([ann, ben], stage.service.origin);
  }));

test('a picture is shown in line, what only says that it is one is not, and no file is a page', STORY, () =>
  onStage([ann, fay], async (stage, ann, fay) => {
    await enterInTurn([ann, fay], await stage.service.create({ title: 'Pictures' }));
    await press(ann, 'Chat');
    await offer(ann, { name: 'red.png', octets: png(40, 30), type: 'image/png' });
    await offer(ann, { name: 'trap.png', octets: [...Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1">')], type: 'image/png' });
    await offer(ann, { name: 'page.html', octets: [...Buffer.from('<script>parent.document.title=1</script>')], type: 'text/html' });
    await press(fay, 'Chat, 3 unread');
    await until('the picture is there', WITHIN_MS, () => picture(fay, 'red.png'));
    assert.deepEqual(await picture(fay, 'red.png'), { width: 40, height: 30 });
    assert.deepEqual(await picture(ann, 'red.png'), { width: 40, height: 30 }, 'whoever sends it sees it, too');
    await until('what is none has come', WITHIN_MS, () => saved(fay, 'trap.png'));
    assert.equal(await picture(fay, 'trap.png'), null);
    await press(fay, 'Fetch: page.html');
    await until('the page has come', WITHIN_MS, () => saved(fay, 'page.html'));
    for (const name of ['trap.png', 'page.html']) assert.equal((await saved(fay, name)).type, 'application/octet-stream');
    assert.notEqual(await fay.page.title(), '1');
    for (const size of SIZES) await fay.picture('files', size);
    await fay.page.setViewport(SIZES[0]);
    await paste(ann, png(20, 20));
    await until('what was pasted is shown to fay', WITHIN_MS, () => picture(fay, 'pasted.png'));
    await drop(fay, 'dropped.txt');
    await until('what was dropped is offered to ann', WITHIN_MS, () => row(ann, 'dropped.txt'));
    pagesAreQuiet([ann, fay], stage.service.origin);
  }));

test('what is not the file that was offered is thrown away, and one reads so', STORY, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    await enterInTurn([ann, ben], await stage.service.create({ title: 'Damaged' }));
    await openChats([ann, ben]);
    await offer(ann, { name: 'damaged.bin', size: 200_000 });
    await ann.page.evaluate(() => {
      const { send } = RTCDataChannel.prototype;
      RTCDataChannel.prototype.send = function (piece) {
        const octets = new Uint8Array(piece.slice());
        octets[9] ^= 1;
        send.call(this, octets);
      };
    });
    await press(ben, 'Fetch: damaged.bin');
    await until('ben reads it', WITHIN_MS, async () => (await row(ben, 'damaged.bin')).note.includes('It was thrown away'));
    assert.equal(await saved(ben, 'damaged.bin'), null);
  }));

test('where browsers do not reach each other the server has a copy, and whoever comes late gets it, too', STORY, () =>
  onStage([ann, fay, leo], async (stage, ann, fay, leo) => {
    const conference = await stage.service.create({ title: 'Apart' });
    await stage.block(ann);
    await enterInTurn([ann, fay], conference);
    await openChats([ann, fay]);
    await keepProgress(fay);
    const sha256 = await offer(ann, { name: 'apart.bin', size: 1_500_000 });
    await press(fay, 'Fetch: apart.bin');
    await until('it is there', 30_000, () => saved(fay, 'apart.bin'));
    assert.equal((await saved(fay, 'apart.bin')).sha256, sha256);
    assert((await progressOf(fay)).some((note) => note.includes('through the server')));
    await offer(ann, { name: 'large.bin', size: 2_100_000 });
    await press(fay, 'Fetch: large.bin');
    await until('fay reads why she cannot have it', 30_000, async () => (await row(fay, 'large.bin')).note.includes('too large for the server'));
    await ann.leave();
    await until('what nobody has is gone', WITHIN_MS, async () => (await row(fay, 'large.bin')).note.includes('no longer offered'));
    await leo.enter(conference.url);
    await press(leo, 'Chat, 1 unread');
    await press(leo, 'Fetch: apart.bin');
    await until('leo has it', WITHIN_MS, () => saved(leo, 'apart.bin'));
    assert.equal((await saved(leo, 'apart.bin')).sha256, sha256);
    pagesAreQuiet([fay, leo], stage.service.origin, { blocked: true });
  }, { words: ['--file-limit', '2'] }));

test('nobody connects to one who hides; files go by the server at once', STORY, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    const { url } = await stage.service.create({ title: 'Hidden' });
    await ann.enter(url, { hide: true });
    await ben.enter(url);
    await openChats([ann, ben]);
    const sha256 = await offer(ann, { name: 'hidden.bin', size: 1_000_000 });
    await press(ben, 'Fetch: hidden.bin');
    await until('it is there', 5_000, () => saved(ben, 'hidden.bin'));
    assert.equal((await saved(ben, 'hidden.bin')).sha256, sha256);
    assert.deepEqual(await ben.pairs(), [], 'no connection was tried');
    pagesAreQuiet([ann, ben], stage.service.origin);
  }));

test('a moderator forbids files and takes one back; whose page is loaded anew offers them no more', STORY, () =>
  onStage([ann, ben], async (stage, ann, ben) => {
    await enterInTurn([ann, ben], await stage.service.create({ title: 'Forbidden' }));
    await openChats([ann, ben]);
    await offer(ben, { name: 'first.bin', size: 9 });
    await offer(ben, { name: 'second.bin', size: 9 });
    await press(ann, 'Take back: first.bin');
    await until('it is gone', WITHIN_MS, async () => (await row(ben, 'first.bin')).note.includes('no longer offered'));
    await press(ann, 'People');
    await press(ann, 'What you can do for ben');
    await press(ann, 'Files', '#panel-people .actions');
    await until('ben reads it', WITHIN_MS, async () => (await ben.text()).includes('does not allow you to offer files'));
    assert.equal(await ben.page.evaluate(() => document.querySelector('#attach').checkVisibility()), false);
    await drop(ben, 'third.txt');
    await until('ben reads why', WITHIN_MS, async () => (await ben.page.evaluate(() => document.querySelector('#chat-trouble').textContent)).includes('does not allow you to offer files'));
    assert.equal(await row(ann, 'third.txt'), null);
    await ben.page.reload();
    await until('what his page had is gone', WITHIN_MS, async () => (await row(ann, 'second.bin')).note.includes('no longer offered'));
  }));

async function openChats(people) { for (const person of people) await press(person, 'Chat'); }

/** What one would save; null: nothing is there to be saved. */
function saved(person, name) {
  return person.page.evaluate(async (name) => {
    const link = [...document.querySelectorAll('#messages a[download]')].find(({ download }) => download === name);
    if (!link) return null;
    const { Sha256 } = await import('/data/sha256.js');
    const blob = globalThis.blobs.get(link.href);
    const sha256 = new Sha256().update(new Uint8Array(await blob.arrayBuffer())).end();
    return { size: blob.size, sha256, type: blob.type };
  }, name);
}

/** The page's policy lets nobody read what it made URLs for. */
function keepBlobs(page) {
  return page.evaluateOnNewDocument(() => {
    globalThis.blobs = new Map();
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      const url = make(blob);
      globalThis.blobs.set(url, blob);
      return url;
    };
  });
}

/** How large the picture is that is shown of that file; null: none is. */
function picture(person, name) {
  return person.page.evaluate((name) => {
    const shown = [...document.querySelectorAll('#messages .file img')].find(({ alt }) => alt === name);
    return shown?.naturalWidth ? { width: shown.naturalWidth, height: shown.naturalHeight } : null;
  }, name);
}

/** Keeps every note that stands beside a file from now on. */
function keepProgress(person) {
  return person.page.evaluate(() => {
    globalThis.notes = [];
    const look = () => { for (const note of document.querySelectorAll('#messages .note')) if (globalThis.notes.at(-1) !== note.textContent) globalThis.notes.push(note.textContent); };
    new MutationObserver(look).observe(document.querySelector('#messages'), { subtree: true, childList: true, characterData: true });
  });
}

function progressOf(person) { return person.page.evaluate(() => globalThis.notes); }

/** Pastes a picture where one writes (Chromium: in Firefox no script can). */
function paste(person, octets) {
  return person.page.evaluate((octets) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(octets)], 'pasted.png', { type: 'image/png' }));
    document.querySelector('#words').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, octets);
}

/** Drops a file onto the chat. */
function drop(person, name) {
  return person.page.evaluate((name) => {
    const data = new DataTransfer();
    data.items.add(new File(['dropped'], name, { type: 'text/plain' }));
    const dropped = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector('#messages').dispatchEvent(dropped);
    if (!dropped.defaultPrevented) throw new Error('the browser would have opened it');
  }, name);
}

/**
 * Presses the button that a screen reader finds under that name.
 * @param {import('../person.mjs').Person} person
 * @param {string} name
 * @param {string} [within]  of the page, by a selector
 */
async function press(person, name, within = 'body') {
  await person.page.bringToFront();
  await until(`${person.name} can press ${name}`, WITHIN_MS, () => person.page.evaluate((name, within) => {
    const said = (one) => (one.getAttribute('aria-label') ?? one.textContent).trim();
    const found = [...document.querySelectorAll(`${within} button`)].filter((one) => one.checkVisibility() && !one.disabled && said(one) === name);
    found[0]?.click();
    return found.length > 0;
  }, name, within));
}
