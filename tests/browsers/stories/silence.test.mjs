// Somebody in a quiet room: his packets are dropped before the server decrypts them, and his browser must not take that
// for losses. Chromium turns on error correction and lowers its bitrate by the losses that receiver reports tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { hearsOnly, pagesAreQuiet } from '../checks.mjs';
import { soundSent } from '../connections.mjs';
import { enterInTurn } from '../person.mjs';
import { onStage, unable } from '../stage.mjs';
import { until } from '../until.mjs';

const WATCH_MS = 8_000;
// 20 log10(0.0007 / √2): about −66 dBov, as room noise comes from browsers.
const ROOM_NOISE = 0.0007;

const quinn = { name: 'quinn', tone: 440, amplitude: ROOM_NOISE };
const ben = { name: 'ben', tone: 660 };

test('a quiet room costs nothing, and its browser learns of no loss', { timeout: 90_000, skip: unable() }, (t) =>
  onStage([quinn, ben], async ({ service }, quinn, ben) => {
    await enterInTurn([quinn, ben], await service.create({ title: 'Quiet' }));
    await hearsOnly(quinn, [ben], []);
    await until('the server has reported on quinn', 15_000, async () => (await soundSent(quinn.page)).roundTrip > 0);
    const [before, droppedBefore] = [await soundSent(quinn.page), await service.packetsThatEnded('silence')];
    await pause(WATCH_MS);
    const [after, dropped] = [await soundSent(quinn.page), await service.packetsThatEnded('silence') - droppedBefore];
    const sent = after.sent - before.sent;
    t.diagnostic(`of ${sent} packets ${dropped} were dropped; ${JSON.stringify(after)}`);
    assert(sent > WATCH_MS / 1000 * 40, `only ${sent} packets were sent: that would be DTX`);
    assert(dropped > 0.8 * sent, `${dropped} of ${sent} packets were dropped`);
    assert(after.lost - before.lost <= 2, `${after.lost - before.lost} packets count as lost`);
    assert(after.fractionLost < 0.02, `${after.fractionLost} count as lost`);
    assert.equal(after.bitrate, before.bitrate, 'the bitrate is what it was');
    assert.equal(after.bitrate, (await soundSent(ben.page)).bitrate, 'and that of one who is heard');
    pagesAreQuiet([quinn, ben], service.origin);
  }, { ice: 'own' }));
