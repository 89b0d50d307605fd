// What an uplink carries is found out from what is sent, and does not change without need.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentBy } from '../p2p/meter.js';
import { ANSWER, DECENT, FORGET, HEALING, HOLD, PATIENCE, SETTLING, Uplink, YOUNG } from '../p2p/uplink.js';

const SECOND = 1_000;
const KBIT = 1_000;
const ASKED = 8;

/** Looks at connections that send at constant rates; each is {rate, available, target, limited, kind}, in kbit/s. */
class Page {
  now = 0;
  changes = [];
  probes = [];
  #bytes = new Map();

  constructor(asked = ASKED) { this.uplink = new Uplink(asked); }

  /** What the connections send for so long. */
  sends(ms, ways) {
    for (const end = this.now + ms; this.now < end;) {
      this.now += SECOND;
      this.look(ways);
    }
    return this.uplink.pictures;
  }

  look(ways) {
    const { changed, probe } = this.uplink.look(this.now, ways.map((way, i) => this.#figures(`way ${i}`, way)));
    if (changed) this.changes.push(this.uplink.pictures);
    if (probe !== null) this.probes.push({ at: this.now, id: probe });
    return probe;
  }

  #figures(id, { rate, available, target = available, limited = false, kind = 'own' }) {
    this.#bytes.set(id, (this.#bytes.get(id) ?? 0) + rate * KBIT / 8);
    const bits = (kbit) => kbit && kbit * KBIT;
    return { id, kind, bytes: this.#bytes.get(id), available: bits(available), target: bits(target), limited };
  }
}

const many = (n, way) => Array.from({ length: n }, () => way);
const starving = (rate) => ({ rate, available: rate * 1.05 });
const content = { rate: 200, available: 1_900 };
const server = { ...content, kind: 'server' };
const LONG = YOUNG + PATIENCE + 2 * SECOND;

/** A page that has been found to have an uplink for one picture, at the moment of that. */
function narrow() {
  const page = new Page();
  page.sends(YOUNG, many(4, content));
  while (page.changes.length === 0) page.sends(SECOND, many(4, starving(120)));
  assert.deepEqual(page.changes, [1]);
  return page;
}

test('as many as were asked for, while pictures have what they want', () => {
  const page = new Page();
  assert.equal(page.sends(600 * SECOND, many(8, content)), ASKED);
  assert.deepEqual([page.changes, page.probes], [[], []]);
  assert.equal(new Uplink(null).pictures, null);
});

test('when pictures starve there are as many as fit, and room for the copy of the server', () => {
  const after = (n, rate) => new Page().sends(LONG, many(n, starving(rate)));
  assert.equal(after(4, 225), 1);
  assert.equal(after(8, 250), 4);
  assert.equal(after(8, 190), 3);
  assert.equal(after(3, 30), 1, 'one at least');
  assert.equal(after(1, 30), ASKED, 'of one nothing could be taken away');
});

test('a picture that the browser has made smaller starves as well, though it sends less than it could', () => {
  const small = { rate: 90, available: 169 };
  assert.equal(new Page().sends(LONG, many(4, small)), ASKED);
  assert.equal(new Page().sends(LONG, many(4, { ...small, limited: true })), 1);
});

test('a picture whose encoder uses up what it is given starves, however much else is sent with it', () => {
  const pressed = { rate: 50, available: 108, target: 45 };
  assert.equal(new Page().sends(LONG, many(4, pressed)), 1);
  const dummy = { rate: 150, available: 300, target: 30, kind: 'passed on' };
  assert.equal(new Page().sends(LONG, many(4, dummy)), ASKED, 'what is passed on has no encoder');
});

test('the copy that goes to the server is part of what the uplink carries, not of what others get', () => {
  const page = new Page();
  assert.equal(page.sends(LONG, [...many(4, starving(150)), { ...starving(850), kind: 'server' }]), 3);
  const wide = [...many(4, starving(150)), { ...starving(1_700), kind: 'server' }];
  assert.equal(new Page().sends(LONG, wide), 3, 'fewer than there are');
});

test('who is not fed because his own line is narrow takes nothing from others', () => {
  assert.equal(new Page().sends(LONG, [starving(60), ...many(3, content)]), ASKED);
  assert.equal(new Page().sends(LONG, [...many(2, starving(60)), ...many(2, content)]), ASKED);
});

test('a little less than decent is decent enough', () => {
  assert.equal(new Page().sends(60 * SECOND, many(4, starving(300))), ASKED);
});

test('what has just begun, and what passes, is not judged', () => {
  const [begun, page] = [new Page(), new Page()];
  assert.equal(begun.sends(YOUNG + PATIENCE, many(4, starving(150))), ASKED);
  assert.equal(begun.sends(2 * SECOND, many(4, starving(150))), 1);
  page.sends(2 * YOUNG, many(4, content));
  assert.equal(page.sends(PATIENCE, many(4, starving(150))), ASKED);
  assert.equal(page.sends(SECOND, many(4, content)), ASKED);
  assert.equal(page.sends(PATIENCE, many(4, starving(150))), ASKED);
  assert.equal(page.sends(SECOND, many(4, starving(150))), 1);
});

test('nothing is concluded without estimates, as in Firefox', () => {
  assert.equal(new Page().sends(60 * SECOND, many(4, { rate: 100, available: null })), ASKED);
});

test('a change takes effect before there are fewer again', () => {
  const page = new Page();
  while (page.changes.length === 0) page.sends(SECOND, many(8, starving(250)));
  page.sends(SETTLING, many(8, starving(125)));
  assert.deepEqual(page.changes, [4]);
  page.sends(PATIENCE + SECOND, many(4, starving(125)));
  assert.deepEqual(page.changes, [4, 1]);
});

test('what is left is probed, so that it recovers', () => {
  const page = narrow();
  const fell = page.now;
  page.sends(12 * SECOND, [{ rate: 90, available: 169, limited: true }]);
  assert.deepEqual(page.probes.map(({ at }) => at - fell), [HEALING.from, HEALING.from + HEALING.every]);
  page.sends(8 * SECOND, [{ ...content, available: 420 }]);
  assert.equal(page.probes.length, 2, 'it has recovered');
});

test('one more when a probe finds room, and never more than were asked for', () => {
  const page = new Page(2);
  page.sends(LONG, many(3, starving(100)));
  page.sends(HOLD + SECOND, [content]);
  assert.deepEqual(page.probes.map(({ id }) => id), ['way 0']);
  assert.deepEqual(page.changes, [1]);
  page.sends(ANSWER, [content]);
  assert.deepEqual(page.changes, [1, 2]);
  page.sends(600 * SECOND, many(2, content));
  assert.deepEqual(page.changes, [1, 2]);
});

test('a probe that finds no room is made ever more seldom', () => {
  const page = narrow();
  page.sends(600 * SECOND, [{ rate: 200, available: 420 }]);
  assert.deepEqual(page.changes, [1]);
  const between = page.probes.slice(1).map(({ at }, i) => Math.round((at - page.probes[i].at) / HOLD));
  assert.deepEqual(between, [2, 4, 8, 16].slice(0, between.length));
  assert.ok(between.length >= 3);
});

test('what begins again with the estimate of a bad time is probed as well', () => {
  const page = narrow();
  page.sends(HOLD + ANSWER + SECOND, [content]);
  const [rose, before] = [page.now, page.probes.length];
  page.sends(HEALING.from + 2 * SECOND, [content, { rate: 60, available: 97, limited: true }]);
  assert.deepEqual(page.probes.slice(before).map(({ id }) => id), ['way 1']);
  assert.deepEqual([page.changes, page.now - rose > HEALING.from], [[1, 2], true]);
});

test('after one more that failed the next has to wait longer', () => {
  const page = narrow();
  page.sends(HOLD + ANSWER + SECOND, [content]);
  page.sends(YOUNG + SETTLING, many(2, starving(100)));
  assert.deepEqual(page.changes, [1, 2, 1]);
  const [fell, tried] = [page.now, page.probes.length];
  page.sends(2 * HOLD + 2 * SECOND, [content]);
  assert.equal(page.probes.length, tried + 1);
  assert.ok(page.probes[tried].at - fell >= 2 * HOLD);
});

test('spare width of one connection is what all others leave to it, and is not counted twice', () => {
  const page = new Page();
  page.sends(LONG, many(8, starving(190)));
  assert.deepEqual(page.changes, [3]);
  page.sends(YOUNG + HOLD + ANSWER + SECOND, many(3, { rate: 350, available: 900 }));
  assert.deepEqual(page.changes, [3]);
});

test('nobody who needs more than he is allowed: nothing is tried', () => {
  const page = new Page();
  page.sends(LONG, many(8, starving(190)));
  page.sends(300 * SECOND, many(2, content));
  assert.deepEqual([page.changes, page.probes.length], [[3], 0]);
});

test('after a minute without a picture nothing is known any more', () => {
  const page = narrow();
  page.sends(FORGET, [{ rate: 0, available: 300 }, server]);
  assert.deepEqual(page.changes, [1]);
  page.sends(5 * SECOND, [server]);
  assert.deepEqual(page.changes, [1, ASKED]);
});

/** For so many seconds of `viewers` who share an uplink, in kbit/s; plans follow after two seconds, estimates at once. */
function share(page, seconds, viewers, width, wants) {
  let sent = viewers, known = 3_000;
  for (const end = page.now + seconds * SECOND; page.now < end;) {
    page.now += SECOND;
    const rate = Math.min(wants, width / sent);
    known = rate < wants ? rate : Math.min(known, width);
    const probe = page.look(many(sent, { rate, available: known }));
    if (probe !== null && rate < wants * 1.01) known = Math.max(rate, Math.min(3_000, width - (sent - 1) * rate));
    if (page.now % (2 * SECOND) === 0) sent = Math.min(viewers, page.uplink.pictures);
  }
  return { sent, each: Math.min(wants, width / sent) };
}

test('whatever the uplink and the pictures: soon they are decent, and then nothing flaps', () => {
  for (const width of [300, 500, 900, 1_300, 2_000, 3_500, 8_000]) {
    for (const wants of [200, 700, 1_700]) {
      const page = new Page();
      const { sent, each } = share(page, 30, 6, width, wants);
      assert.ok(sent === 1 || each >= Math.min(wants, 0.75 * DECENT / KBIT), `${width} ${wants}: ${sent} of ${each}`);
      const changes = page.changes.length;
      share(page, 1_200, 6, width, wants);
      assert.ok(page.changes.length - changes <= 6, `${width} ${wants}: ${page.changes}`);
    }
  }
});

test('what the browser says of a connection', () => {
  const rows = [
    { type: 'candidate-pair', nominated: false, availableOutgoingBitrate: 1 },
    { type: 'candidate-pair', nominated: true, availableOutgoingBitrate: 420_000 },
    { type: 'outbound-rtp', kind: 'audio', bytesSent: 77 },
    { type: 'outbound-rtp', kind: 'video', bytesSent: 1_000, headerBytesSent: 100, targetBitrate: 50_000 },
    { type: 'outbound-rtp', kind: 'video', bytesSent: 500, targetBitrate: 40_000, qualityLimitationReason: 'bandwidth' },
    { type: 'outbound-rtp', kind: 'video', bytesSent: 9, qualityLimitationReason: 'cpu' },
  ];
  const report = (some) => new Map(some.map((row, i) => [i, row]));
  assert.deepEqual(sentBy(report(rows)), { bytes: 1_609, available: 420_000, target: 90_000, limited: true, strained: true });
  assert.deepEqual(sentBy(report(rows.slice(2, 4))), { bytes: 1_100, available: null, target: 50_000, limited: false, strained: false });
});
