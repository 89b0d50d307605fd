// The instruments themselves: what the other stories believe must be so.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { blockAll, blockDatagrams, blockPeers, labMissing, makeLab } from '../lab.mjs';
import { putBehindRouter } from '../router.mjs';
import { sum } from '../service.mjs';
import { skipUnlessCi } from '../stage.mjs';
import { toneWav } from '../tone.mjs';
import { destinations, recentSources, watchTraffic } from '../traffic.mjs';
import { until } from '../until.mjs';

const LAB = { skip: skipUnlessCi(labMissing()) };

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

test('one who is blocked reaches the server only, and a lab leaves nothing behind', LAB, () => {
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

test('a router maps ports and forgets them; datagrams can be kept back while TCP passes, or everything', LAB, async () => {
  const lab = makeLab(['ann']);
  const { ann } = lab.hosts;
  const router = putBehindRouter(lab, ann);
  [ann, lab.server].forEach(watchTraffic);
  const send = openDatagrams(ann, lab.server);
  const comeByIt = (life) => until(`datagrams come by the ports of the router's ${life} life`, 5_000, () => {
    send();
    const [source, ...others] = recentSources(lab.server);
    return router.maps(source) && others.length === 0;
  });

  await comeByIt('first');
  router.forget();
  assert(recentSources(lab.server).every((source) => !router.maps(source)));
  await comeByIt('second');
  assert.equal(reaches(ann, lab.server), true);
  assert.deepEqual(destinations(ann), [{ address: lab.server.address, port: 9 }]);

  const letThrough = blockDatagrams(lab, ann);
  await until('nothing comes', 5_000, () => {
    send();
    return recentSources(lab.server).length === 0;
  });
  assert.equal(reaches(ann, lab.server), true);
  letThrough();
  send();
  await until('it comes again', 2_000, () => recentSources(lab.server).length === 1);

  const letAllThrough = blockAll(lab, ann);
  assert.equal(reaches(ann, lab.server), false);
  letAllThrough();
  assert.equal(reaches(ann, lab.server), true);
  lab.remove();
});

// One socket; each call of what is returned sends a datagram from it.
function openDatagrams(from, to) {
  const loop = `exec 3>/dev/udp/${to.address}/9; while read line; do echo "$line" >&3; done`;
  const { stdin } = spawn('ip', ['netns', 'exec', from.ns, 'bash', '-c', loop], { stdio: ['pipe', 'ignore', 'ignore'] });
  stdin.on('error', () => {}); // the lab is gone
  return () => stdin.write('datagram\n');
}

// Nobody listens on port 9: a host that is reached says so at once, one that is not stays silent.
function reaches(from, to) {
  const knock = `timeout 0.5 bash -c '</dev/tcp/${to.address}/9'`;
  const { stderr } = spawnSync('ip', ['netns', 'exec', from.ns, 'bash', '-c', knock], { encoding: 'utf8' });
  return stderr.includes('refused');
}
