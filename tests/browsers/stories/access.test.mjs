// Everyone can use every view.

import { test } from 'node:test';
import { everyoneCanUse } from '../access.mjs';
import { offer, png } from '../files.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const STORY = { timeout: 240_000, skip: unable() };

test('the start page, and what it has made', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    await stage.service.create({ title: 'Open house', listed: true });
    await ann.open(stage.service.origin);
    await until('the list is there', 5_000, async () => (await ann.text()).includes('Open house'));
    await everyoneCanUse(ann, 'start');
    await ann.press('Create');
    await ann.find('link', 'Enter');
    await everyoneCanUse(ann, 'made');
  }));

test('before one is in, while one waits, and afterwards', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }], async (stage, ann) => {
    const { url } = await stage.service.create({ title: 'Open house', lobby: true });
    await ann.open(url);
    await until('the title is to be read', 5_000, async () => (await ann.text()).includes('Open house'));
    await everyoneCanUse(ann, 'join');
    await ann.join();
    await until('ann waits', 5_000, async () => (await ann.text()).includes('A moderator has to let you in'));
    await everyoneCanUse(ann, 'waiting');
    await ann.press('Leave');
    await ann.find('link', 'Join again');
    await everyoneCanUse(ann, 'over');
  }));

test('the conference: alone, beside others, and all that opens in it', STORY, () =>
  onStage([{ name: 'ann', tone: 440 }, { name: 'leo' }], async (stage, ann, leo) => {
    const { url, moderator_token } = await stage.service.create({ title: 'Open house' });
    await ann.enter(`${url}#t=${moderator_token}`);
    await everyoneCanUse(ann, 'alone');
    await leo.enter(url);
    await until('they see each other', 10_000, async () => (await ann.sees(leo)) && (await leo.sees(ann)));
    await everyoneCanUse(ann, 'grid');
    await everyoneCanUse(leo, 'without-devices');
    await ann.press('People');
    await ann.press('What you can do for leo');
    await ann.page.click('#for-all summary');
    await everyoneCanUse(ann, 'people');
    await ann.press('Ban');
    await everyoneCanUse(ann, 'ban');
    await ann.press('Cancel');
    await ann.press('What moderators did');
    await everyoneCanUse(ann, 'audit');
    await ann.press('Close');
    await (await ann.find('tab', 'Chat')).click();
    await ann.page.locator('#words').fill('See https://example.org/');
    await ann.page.keyboard.press('Enter');
    await until('it is written', 5_000, async () => (await ann.text()).includes('See https://example.org/'));
    await everyoneCanUse(ann, 'chat');
    await offer(ann, { name: 'a picture of mine.png', octets: png(400, 300), type: 'image/png' });
    await leo.press('Chat, 2 unread');
    await offer(leo, { name: '会议纪要 a name that is rather long and goes over more than one line.pdf', size: 3_000_000 });
    await until('the picture is there', 10_000, () => leo.page.evaluate(() => document.querySelector('#messages img')?.naturalWidth));
    await everyoneCanUse(leo, 'files');
    await everyoneCanUse(ann, 'files-moderator');
    await leo.press('Close');
    await ann.press('Close');
    await ann.press('Speaker view');
    await everyoneCanUse(ann, 'speaker');
    await ann.press('More');
    await everyoneCanUse(ann, 'menu');
    for (const sheet of ['Settings', 'Statistics', 'Keyboard shortcuts']) {
      await ann.page.keyboard.press('Escape');
      await ann.choose(sheet);
      await everyoneCanUse(ann, sheet.toLowerCase().replace(' ', '-'));
    }
  }));

const chinese = {
  name: 'ann',
  tone: 440,
  prepare: (page) => page.evaluateOnNewDocument(() => {
    Object.defineProperty(navigator, 'languages', { get: () => ['zh-CN', 'en'] });
  }),
};

test('in Chinese: the start page, before one is in, and the conference', STORY, () =>
  onStage([chinese], async (stage, ann) => {
    const { url, moderator_token } = await stage.service.create({ title: '周会', listed: true });
    await ann.open(stage.service.origin);
    await until('the list is there', 5_000, async () => (await ann.text()).includes('公开会议'));
    await everyoneCanUse(ann, 'zh-start');
    await ann.open(`${url}#t=${moderator_token}`);
    await until('the title is to be read', 5_000, async () => (await ann.text()).includes('周会'));
    await everyoneCanUse(ann, 'zh-join');
    await (await ann.find('textbox', '您的名字')).type('王安');
    await ann.press('加入');
    await until('ann is in', 10_000, async () => (await ann.report())?.me?.id);
    await everyoneCanUse(ann, 'zh-alone');
    await ann.press('成员');
    await ann.page.click('#for-all summary');
    await everyoneCanUse(ann, 'zh-people');
  }));
