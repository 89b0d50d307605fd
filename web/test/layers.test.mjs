import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Layers } from '../layers.js';

const CAMERA = /** @type {any} */ ({ kind: 'video' });

/** A sender that keeps what it is told, and refuses parameters that are not the last it gave, as browsers do. */
function senderWith(/** @type {string[]} */ ...rids) {
  const sender = {
    track: /** @type {any} */ (null),
    encodings: rids.length > 0 ? rids.map((rid) => ({ rid, active: true })) : [{ active: true }],
    transactionId: 0,
    async replaceTrack(/** @type {any} */ track) { this.track = track; },
    getParameters() { return structuredClone({ encodings: this.encodings, transactionId: ++this.transactionId }); },
    async setParameters(/** @type {any} */ parameters) {
      await Promise.resolve();
      if (parameters.transactionId !== this.transactionId) throw new DOMException('', 'InvalidStateError');
      this.encodings = parameters.encodings;
    },
  };
  return { sender, active: () => sender.encodings.filter(({ active }) => active).map((encoding) => Reflect.get(encoding, 'rid')) };
}

const over = (/** @type {any} */ sender) => new Layers(/** @type {RTCRtpSender} */ (sender));

test('until somebody says what is needed the largest is sent, and nothing without a track', async () => {
  const { sender, active } = senderWith('l', 'h');
  const layers = over(sender);
  await layers.send(CAMERA);
  assert.deepEqual(active(), ['h']);
  assert.deepEqual(sender.encodings.map((encoding) => Reflect.get(encoding, 'scaleResolutionDownBy')), [2, 1]);
  await layers.send(null);
  assert.deepEqual(active(), []);
});

test('what is needed is kept for when the picture is sent again', async () => {
  const { sender, active } = senderWith('l', 'h');
  const layers = over(sender);
  await layers.need(['l']);
  assert.deepEqual(active(), []);
  await layers.send(CAMERA);
  assert.deepEqual(active(), ['l']);
  await layers.need(['l', 'h']);
  assert.deepEqual(active(), ['l', 'h']);
  await layers.need([]);
  assert.deepEqual(active(), []);
});

test('changes at the same time do not undo each other', async () => {
  const { sender, active } = senderWith('l', 'h');
  const layers = over(sender);
  await Promise.all([layers.send(CAMERA), layers.need(['l']), layers.need(['h']), layers.need(['l'])]);
  assert.deepEqual(active(), ['l']);
});

test('one encoding is sent whatever is needed', async () => {
  const { sender } = senderWith();
  const layers = over(sender);
  await layers.need(['l']);
  await layers.send(CAMERA);
  assert.deepEqual(sender.encodings, [{ active: true }]);
  await layers.send(null);
  assert.deepEqual(sender.encodings, [{ active: false }]);
});

test('what is under way when the connection closes is left', async () => {
  const { sender } = senderWith('l', 'h');
  const layers = over({ ...sender, setParameters: () => Promise.reject(new DOMException('', 'InvalidStateError')) });
  const [sending, needing] = [layers.send(CAMERA), layers.need(['l'])];
  layers.close();
  await Promise.all([sending, needing]);
});
