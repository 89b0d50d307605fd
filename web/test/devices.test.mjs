// Devices before joining: what browsers refuse, what is remembered, how loud a microphone is, how a speaker is tried.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chime } from '../codec/chime.js';
import { find, note, recall } from '../codec/choices.js';
import { loudness } from '../codec/level.js';
import { isGone, troubleOf, withoutDevices } from '../codec/trouble.js';
import { troublesOf } from '../view/device-trouble.js';

const AT_HOME = { secure: true, framed: false, delegated: true };
const error = (name, message = '') => new DOMException(message, name);

test('each refusal of a browser is told apart', () => {
  const framed = { secure: true, framed: true };
  const table = [
    [error('NotAllowedError', 'Permission denied'), AT_HOME, 'user'],
    [error('NotAllowedError', 'Permission dismissed'), AT_HOME, 'dismissed'],
    [error('NotAllowedError', 'Permission denied by system'), AT_HOME, 'system'],
    [error('NotAllowedError', 'Permission denied'), { ...framed, delegated: false }, 'frame'],
    [error('NotAllowedError', 'Permission denied'), { ...framed, delegated: true }, 'user'],
    [error('NotAllowedError', 'The request is not allowed'), { ...framed, delegated: null }, 'framed'],
    [error('SecurityError'), AT_HOME, 'user'],
    [error('NotFoundError'), AT_HOME, 'none'],
    [error('NotReadableError'), AT_HOME, 'busy'],
    [error('AbortError'), AT_HOME, 'busy'],
    [error('OverconstrainedError'), AT_HOME, 'unfit'],
    [new TypeError('what?'), AT_HOME, 'other'],
    [undefined, AT_HOME, 'other'],
  ];
  for (const [thrown, circumstances, trouble] of table) {
    assert.equal(troubleOf(thrown, circumstances), trouble, String(thrown));
  }
  assert.equal(withoutDevices({ ...AT_HOME, secure: false }), 'insecure');
  assert.equal(withoutDevices(AT_HOME), 'unsupported');
});

test('another device is tried only where the one that was wanted is not there', () => {
  const all = ['OverconstrainedError', 'NotFoundError', 'NotAllowedError', 'NotReadableError'];
  assert.deepEqual(all.filter((name) => isGone(error(name))), ['OverconstrainedError', 'NotFoundError']);
});

test('what troubles both is said once, and each time that one can join', () => {
  const well = { track: { label: 'Built-in' }, trouble: null };
  const both = troublesOf({ camera: { track: null, trouble: 'user' }, microphone: { track: null, trouble: 'user' } }, '');
  assert.equal(both.length, 2);
  assert.match(both[0], /your camera and microphone/);
  const none = troublesOf({ camera: { track: null, trouble: 'none' }, microphone: { track: null, trouble: 'none' } }, '');
  assert.equal(none[0], 'No camera or microphone was found: plug one in.');
  const apart = troublesOf({ camera: { track: null, trouble: 'busy' }, microphone: { track: null, trouble: 'none' } }, '');
  assert.match(apart[0], /^Your camera does not start/);
  assert.match(apart[1], /^No microphone was found/);
  assert.equal(apart[2], 'You can still join, see and hear.');
  assert.deepEqual(troublesOf({ camera: well, microphone: well }, ''), []);
});

test('whatever is not there is named, with what is used instead', () => {
  const opened = { camera: { track: null, trouble: null }, microphone: { track: { label: 'Built-in' }, trouble: null, gone: 'Headset' } };
  assert.deepEqual(troublesOf(opened, 'Soundbar'), [
    '“Headset” is not there; “Built-in” is used instead.',
    '“Soundbar” is not there; “As the system says” is used instead.',
  ]);
});

test('choices come back as they were, and nonsense comes back as none', () => {
  const choices = {
    camera: null, microphone: { id: 'm1', label: 'Headset' }, speaker: { id: 's1', label: 'Soundbar' },
    muted: true, unseen: true, music: true,
  };
  assert.deepEqual(recall(note(choices)), choices);
  const any = { id: '', label: '' };
  const fresh = { camera: any, microphone: any, speaker: any, muted: false, unseen: false, music: false };
  for (const text of [null, '', '{', '7', 'null', '{"camera":7,"microphone":{"id":1},"muted":"yes"}']) {
    assert.deepEqual(recall(text), fresh, text);
  }
});

test('a device is known by its id, else by its name', () => {
  const devices = [{ deviceId: 'a', label: 'Headset' }, { deviceId: 'b', label: 'Built-in' }];
  assert.equal(find({ id: 'b', label: 'Headset' }, devices), devices[1]);
  assert.equal(find({ id: 'z', label: 'Headset' }, devices), devices[0]);
  assert.equal(find({ id: 'z', label: 'Webcam' }, devices), undefined);
  assert.equal(find({ id: '', label: '' }, [{ deviceId: '', label: '' }]), undefined);
});

test('loudness goes from a silent room to a loud voice', () => {
  const wave = (peak) => Float32Array.from({ length: 480 }, (_, i) => peak * Math.sin(2 * Math.PI * i / 48));
  assert.equal(loudness(new Float32Array(480)), 0);
  assert.equal(loudness(wave(0.0005)), 0);
  assert.equal(loudness(wave(1)), 1);
  const [soft, loud] = [loudness(wave(0.03)), loudness(wave(0.3))];
  assert(Math.abs(loud - soft - 20 / 54) < 0.001, 'twenty decibels are as far apart everywhere');
});

test('the tone begins and ends without a click, and is never too loud', () => {
  const file = new DataView(chime());
  assert.equal(file.getUint32(40, true), file.byteLength - 44);
  const samples = Array.from({ length: (file.byteLength - 44) / 2 }, (_, i) => file.getInt16(44 + 2 * i, true) / 0x8000);
  assert.equal(samples.length, 1.2 * file.getUint32(24, true));
  const loudest = Math.max(...samples.map(Math.abs));
  assert(loudest > 0.15 && loudest < 0.5, `${loudest}`);
  const steps = samples.slice(1).map((sample, i) => Math.abs(sample - samples[i]));
  assert(Math.max(...steps) < 0.06, 'a click is a step');
  const loudestOf = (some) => Math.max(...some.map(Math.abs));
  assert(loudestOf(samples.slice(0, 96)) < 0.05, 'it swells');
  assert(loudestOf(samples.slice(-48)) < 0.0002, 'it fades');
});
