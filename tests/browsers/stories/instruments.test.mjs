// The instruments themselves: what the other stories believe must be so.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { blockPeers, labMissing, makeLab } from '../lab.mjs';
import { sum } from '../service.mjs';
import { skipUnlessCi } from '../stage.mjs';
import { toneWav } from '../tone.mjs';

test('a tone is a WAV file that repeats without a seam', () => {
  const wav = toneWav(440, { amplitude: 0.5 });
  assert.equal(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 12), 'RIFFWAVE');
  assert.equal(wav.readUInt32LE(40), 96_000);
  assert.equal(wav.length, 44 + 96_000);
  const sample = (i) => wav.readInt16LE(44 + 2 * i);
  assert.equal(sample(0), 0);
  assert(Math.abs(sample(47_999) + sample(1)) <= 1, 'the last sample mirrors the second');
});

test('a metric is summed over its labels, and only that metric', () => {
  const text = '# TYPE b counter\nb_total{leg="1"} 3\nb_total{leg="2"} 4\nb_total_created 9\n';
  assert.equal(sum(text, 'b_total'), 7);
  assert.throws(() => sum(text, 'c_total'), /no metric c_total/);
});

test('one who is blocked reaches the server only, and a lab leaves nothing behind', { skip: skipUnlessCi(labMissing()) }, () => {
  const lab = makeLab(['ann', 'ben']);
  const { ann, ben } = lab.hosts;
  assert.equal(reaches(ann, ben), true);
  blockPeers(ann, lab.server);
  assert.equal(reaches(ann, ben), false);
  assert.equal(reaches(ben, ann), false);
  assert.equal(reaches(ann, lab.server), true);
  lab.remove();
  assert.doesNotMatch(spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout, new RegExp(ann.ns));
});

// Nobody listens on port 9: a host that is reached says so at once, one that is not stays silent.
function reaches(from, to) {
  const knock = `timeout 0.5 bash -c '</dev/tcp/${to.address}/9'`;
  const { stderr } = spawnSync('ip', ['netns', 'exec', from.ns, 'bash', '-c', knock], { encoding: 'utf8' });
  return stderr.includes('refused');
}
