// What a description says of stereo, and who asks for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inStereo, sendsStereo, takesStereo } from '../stereo.js';

const description = (opus, others = '') => [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 OPUS/48000/2', `a=fmtp:111 ${opus}`,
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000', 'a=fmtp:96 max-fr=30', others, '',
].join('\r\n');

test('whoever takes stereo says so wherever there is Opus, and nowhere else', () => {
  const table = [
    ['minptime=10;useinbandfec=1', 'minptime=10;useinbandfec=1;stereo=1'],
    ['minptime=10; stereo=0', 'minptime=10;stereo=1'],
    ['maxplaybackrate=48000;stereo=1;useinbandfec=1', 'maxplaybackrate=48000;useinbandfec=1;stereo=1'],
    ['usedtx=1;maxaveragebitrate=64000', 'usedtx=1;maxaveragebitrate=128000;stereo=1'],
  ];
  for (const [mono, stereo] of table) assert.equal(inStereo(description(mono)), description(stereo));
  const slot = (parameters) => `m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=rtpmap:109 opus/48000/2\r\na=fmtp:109 ${parameters}`;
  assert.equal(inStereo(description('usedtx=1', slot('usedtx=1'))), description('usedtx=1;stereo=1', slot('usedtx=1;stereo=1')));
});

test('music is taken in stereo, and sent so by a microphone that has two channels', () => {
  const microphone = (echoCancellation, channelCount) => ({ getSettings: () => ({ echoCancellation, channelCount }) });
  const table = [
    [null, false, false],
    [microphone(true, 1), false, false],
    [microphone(true, 2), false, false],
    [microphone(false, 1), true, false],
    [microphone(false, 2), true, true],
    [microphone(undefined, 2), false, false],
  ];
  for (const [track, takes, sends] of table) assert.deepEqual([takesStereo(track), sendsStereo(track)], [takes, sends]);
});
