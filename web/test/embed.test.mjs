// The page in a frame of another site: who is heard, who is told, what is obeyed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Embedding, NotNow, overheard } from '../embed.js';

const SITE = 'https://intranet.example.org';

/** A page in a frame, with what it did and what it said to whom. */
function framed({ listed = [SITE] } = {}) {
  const [did, said] = [[], []];
  const parent = { postMessage: (message, origin) => said.push([origin, message]) };
  const doing = (what) => (how) => { did.push([what, how]); };
  const commands = {
    join: doing('join'), leave: doing('leave'), microphone: doing('microphone'),
    camera: () => { throw new NotNow('not_joined'); }, report: () => ({ me: null }),
  };
  const page = new Embedding(parent, commands, Promise.resolve(listed));
  const hear = (data, origin = SITE, source = parent) => page.receive({ data, origin, source });
  return { page, hear, did, said };
}

test('a listed site is greeted once, and obeyed', async () => {
  const { hear, did, said } = framed();
  await hear({ convene: 'hello' });
  await hear({ convene: 'join', request: 1, name: 'Ann', microphone: false });
  await hear({ convene: 'microphone', on: true });
  await hear({ convene: 'leave' });
  assert.deepEqual(did, [['join', { name: 'Ann', microphone: false, camera: undefined }], ['microphone', true], ['leave', undefined]]);
  assert.deepEqual(said, [
    [SITE, { convene: 'ready' }], [SITE, { convene: 'done', request: 1 }],
    [SITE, { convene: 'done', request: null }], [SITE, { convene: 'done', request: null }],
  ]);
});

test('nobody else is heard, or told anything', async () => {
  const { page, hear, did, said } = framed();
  await hear({ convene: 'join', name: 'Eve' }, 'https://evil.example');
  await hear({ convene: 'join', name: 'Eve' }, `${SITE}.evil.example`);
  await hear({ convene: 'join', name: 'Eve' }, 'null');
  await hear({ convene: 'join', name: 'Eve' }, SITE, { postMessage() {} });
  await page.greet('https://evil.example');
  await page.greet(undefined);
  page.tell('joined', { title: 'Secret' });
  assert.deepEqual([did, said], [[], []]);
});

test('no site at all is heard where the service lists none, or does not say', async () => {
  const none = framed({ listed: [] });
  await none.hear({ convene: 'leave' });
  const silent = new Embedding({ postMessage() {} }, { leave: () => assert.fail() }, Promise.reject(new Error('down')));
  await silent.receive({ data: { convene: 'leave' }, origin: SITE, source: null });
  assert.deepEqual([none.did, none.said], [[], []]);
});

test('an origin is the same however the operator wrote it', async () => {
  const { page, said } = framed({ listed: ['HTTPS://Intranet.Example.org:443'] });
  await page.greet(SITE);
  assert.deepEqual(said, [[SITE, { convene: 'ready' }]]);
});

test('what happens is told to the site that was heard', async () => {
  const { page, said } = framed();
  page.tell('joined', {});
  await page.greet(SITE);
  page.tell('talking', { ids: ['a'] });
  assert.deepEqual(said, [[SITE, { convene: 'ready' }], [SITE, { convene: 'talking', ids: ['a'] }]]);
});

test('what cannot be done, or is none of ours, is said', async () => {
  const { hear, did, said } = framed();
  const asked = [
    [{ convene: 'camera', on: true, request: 1 }, 'not_joined'],
    [{ convene: 'camera', on: 'yes', request: 2 }, 'malformed'],
    [{ convene: 'join', request: 3 }, 'malformed'],
    [{ convene: 'join', name: 'Ann', camera: 1, request: 4 }, 'malformed'],
    [{ convene: 'end', request: 5 }, 'unknown'],
  ];
  for (const [command] of asked) await hear(command);
  for (const noise of [null, 'hello', 7, {}, { convene: 7 }]) await hear(noise);
  assert.deepEqual(said.slice(1), asked.map(([{ request }, why]) => [SITE, { convene: 'refused', request, why }]));
  await hear({ convene: 'report', request: 6 });
  assert.deepEqual(said.at(-1), [SITE, { convene: 'done', request: 6, report: { me: null } }]);
  assert.deepEqual(did, []);
});

test('the site hears what the page shows, once, and never more than names', () => {
  const said = [];
  const site = { tell: (event, what) => said.push([event, what]) };
  const view = { waits() {}, entered() {}, add: () => 'screen', remove() {}, talkers() {}, refused() {}, over() {}, sound() {} };
  const both = overheard(view, site);
  const ann = { id: 'a', name: 'Ann', role: 'speaker', number: 1, class: 'public' };
  both.waits('moderator', { id: 'c' });
  both.entered(ann, 'Stand-up', false);
  assert.equal(both.add(ann), 'screen');
  both.talkers([{ id: 'a', level: -20 }]);
  both.talkers([{ id: 'a', level: -30 }]);
  both.talkers([]);
  both.sound({});
  both.remove('a');
  both.refused('forbidden', 'only a moderator may do this', false);
  both.over('moderator');
  const person = { id: 'a', name: 'Ann', role: 'speaker' };
  assert.deepEqual(said, [
    ['waiting', { until: 'moderator' }], ['joined', { me: person, title: 'Stand-up' }], ['participant_joined', { participant: person }],
    ['talking', { ids: ['a'] }], ['talking', { ids: [] }], ['participant_left', { participant: { id: 'a' } }],
    ['error', { code: 'forbidden', message: 'only a moderator may do this', fatal: false }], ['ended', { why: 'moderator' }],
  ]);
});
