// The instruments themselves: what the other stories believe must be so.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { carriersSaid } from '../carriers.mjs';
import { firstFrame, longestFreeze, median, momentAt, movesOnItsWay, rate, stillBeforeAndAfter } from '../course.mjs';
import { run, start } from '../host.mjs';
import { labMissing, makeLab } from '../lab.mjs';
import { isSeenAs, laboratoryMissing, openLaboratory, scenarioFile } from '../laboratory.mjs';
import { PairsBefore, leaver } from '../pairs.mjs';
import { sum } from '../service.mjs';
import { isReachable, leastByServer, meet } from '../share.mjs';
import { skipUnlessCi } from '../stage.mjs';
import { table } from '../table.mjs';
import { toneWav } from '../tone.mjs';
import {
  countTraffic, destinations, received, receivedPictures, recentSources, watchTraffic,
} from '../traffic.mjs';
import { until } from '../until.mjs';

const LAB = { skip: skipUnlessCi(laboratoryMissing()) };

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

test('of the course of a picture: its first frame, how often another came, and for how long none did', () => {
  const moments = [
    { at: 100, frames: 0, path: 'none', relay: null },
    { at: 200, frames: 1, path: 'server', relay: null },
    { at: 300, frames: 2, path: 'server', relay: null },
    { at: 650, frames: 2, path: 'none', relay: null },
    { at: 900, frames: 4, path: 'peer', relay: 'cid' },
  ];
  assert.equal(firstFrame(moments), 200);
  assert.equal(firstFrame(moments.slice(0, 1)), undefined);
  assert.equal(longestFreeze(moments, 350, 1_000), 600, 'from the last frame before on; a change of path is no frame');
  assert.equal(longestFreeze(moments, 350, 2_000), 1_100, 'and it may go on');
  assert.equal(longestFreeze([], 350, 500), 150);
  assert.equal(rate(moments, 200, 1_200), 3);
  assert.equal(momentAt(moments, 700).path, 'none');
  assert.equal(momentAt(moments, 50), undefined);
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 10])], [2, 3]);
  const relayed = { path: 'peer', relay: 'cid', moves: false };
  assert.deepEqual(movesOnItsWay(moments), relayed, 'no frame since it is relayed');
  assert.deepEqual(movesOnItsWay(moments.slice(0, 3)), { path: 'server', relay: null, moves: true });
});

test('how long a picture stands still is compared with the time just before, as far as it was there', () => {
  const frames = (...times) => times.map((at, i) => ({ at, frames: i + 1, path: 'direct', relay: null }));
  const long = frames(0, 900, 5_000, 5_100, 5_400, 8_000, 8_500);
  assert.deepEqual(stillBeforeAndAfter(long, 8_000, 9_000), { before: 2_600, after: 500 });
  assert.deepEqual(stillBeforeAndAfter(long.slice(0, 5), 5_400, 5_500), { before: 4_100, after: 100 });
  assert.deepEqual(stillBeforeAndAfter(frames(7_000, 7_050, 8_200), 8_100, 8_300), { before: 1_050, after: 1_150 });
  assert.deepEqual(stillBeforeAndAfter(frames(8_200), 8_100, 8_300), { before: 0, after: 100 });
});

test('who can meet, and what no plan can keep from the server', () => {
  const nat = (mapping, filtering) => ({ mapping, filtering });
  const [open, cone, symmetric] = [
    nat('endpoint-independent', 'endpoint-independent'), nat('endpoint-independent', 'address-and-port-dependent'),
    nat('address-and-port-dependent', 'address-and-port-dependent'),
  ];
  const all = [open, cone, symmetric];
  assert.deepEqual(all.map((one) => all.map((other) => meet(one, other))),
    [[true, true, true], [true, true, false], [true, false, false]]);
  assert.deepEqual(all.map(isReachable), [true, false, false]);

  const surroundings = {
    ann: open, bob: cone, cid: cone, dan: symmetric, eve: open, fay: cone, gus: cone, hal: symmetric,
  };
  const names = Object.keys(surroundings);
  const meets = (one, other) => meet(surroundings[one], surroundings[other]);
  const seenBy = (publishers) => publishers.flatMap((of) => names.filter((at) => at !== of).map((at) => [of, at]));
  const least = (publishers, relays, uplink) => leastByServer(seenBy(publishers), meets, { relays, uplink });
  const four = ['ann', 'bob', 'cid', 'dan'];
  assert.equal(least(four, [], Infinity), 9, 'a cone and a symmetric NAT, or two symmetric ones');
  assert.equal(least(four, ['ann'], Infinity), 0);
  assert.deepEqual([16, 15, 8, 4].map((uplink) => least(four, ['ann'], uplink)), [0, 1, 8, 14]);
  assert.equal(least(names, ['ann', 'eve'], Infinity), 0);
  assert.equal(leastByServer([['bob', 'cid'], ['bob', 'ann']], meets, { relays: ['ann'], uplink: 1 }), 0,
    'who can be relayed makes room for who can not');
});

test('the kernel tells pictures from sound and from what is no RTP', LAB, async () => {
  const lab = await openLaboratory(scenarioFile('cone'));
  const { server, hosts: { ann } } = lab;
  countTraffic(server);
  const first = (...octets) => octets.map((octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join('');
  const [vp8, rtxWithMarker, opus, report, check] =
    [first(0x80, 96), first(0x90, 0x80 | 97), first(0x80, 111), first(0x80, 206), first(0, 1)];
  for (const head of [vp8, rtxWithMarker, opus, first(0x80, 0x80 | 111), report, check]) {
    run(ann, ['bash', '-c', `printf '${head}0123456789' > /dev/udp/${server.address}/9`]);
  }
  await until('all have come', 2_000, () => received(server).reduce((sum, { octets }) => sum + octets, 0) === 6 * 40);
  const pictures = receivedPictures(server);
  assert.equal(pictures.reduce((sum, { octets }) => sum + octets, 0), 2 * 40);
  assert(pictures.every((from) => isSeenAs(ann, from)));
  lab.remove();
});

test('who brings a picture, and what touches it, is known from its path', () => {
  const direct = { pair: ['ann', 'bob'], path: 'direct', relay: null };
  const relayed = { pair: ['ann', 'cid'], path: 'peer', relay: 'bob' };
  const served = { pair: ['cid', 'ann'], path: 'server', relay: null };
  const carriers = carriersSaid([direct, relayed, served], ['ann', 'bob', 'cid']);
  assert.deepEqual(carriers, { ann: ['server'], bob: ['ann'], cid: ['bob'] });
  const touchedBy = (deed, wish) => {
    const { affected, others } = new PairsBefore([direct, relayed, served], deed, wish);
    return [affected, others].map((pairs) => pairs.map((pair) => pair.join('>')));
  };
  assert.deepEqual(touchedBy('kill', 'bob'), [['ann>cid'], ['cid>ann']], 'and who is killed is not to be seen');
  assert.deepEqual(touchedBy('cut', { from: 'bob', both: true }), [['ann>cid'], ['cid>ann']]);
  assert.deepEqual(touchedBy('cut', { from: 'bob', proto: 'udp' }), [['ann>bob', 'ann>cid'], ['cid>ann']]);
  assert.deepEqual(touchedBy('cut', { from: 'bob', to: 'cid' }), [['ann>cid'], ['ann>bob', 'cid>ann']]);
  assert.deepEqual(touchedBy('impair', { link: 'bob@public' }), [['ann>bob', 'ann>cid'], ['cid>ann']]);
  assert.deepEqual(touchedBy('mend', {}), [[], ['ann>bob', 'ann>cid', 'cid>ann']]);
  assert.deepEqual([leaver('kill', 'bob'), leaver('cut', { from: 'bob' }), leaver('mend', {})], ['bob', 'bob', undefined]);
});

test('a table of findings says what stopped a story that no finding did', () => {
  const finding = { step: 'joined', must: 'a|b', seen: 'c', good: true };
  const rows = table([{ name: 'one', findings: [finding], trouble: 'nobody relays\nat all' }]).split('\n');
  assert.equal(rows[2], '| one | joined | a\\|b | c | as it must |');
  assert.equal(rows[3], '| one |  |  | nobody relays | **stopped** |');
});

test('the laboratory of NATs does what it is told, says why not, and leaves nothing behind', LAB, async () => {
  const lab = await openLaboratory(scenarioFile('symmetric'));
  const { cid, dan } = lab.hosts;
  assert.equal(reaches(cid, dan), true);
  await assert.rejects(lab.cut({ from: 'nobody' }), /no host, NAT or firewall `nobody`/);
  await lab.cut({ from: 'cid', to: 'dan' });
  assert.equal(reaches(cid, dan), false);
  await lab.mend();
  assert.equal(reaches(cid, dan), true);
  assert.match(run(lab.hosts.ann, ['ip', 'address']), new RegExp(lab.hosts.ann.address));
  const { exitCode, signalCode } = await new Promise((ended) => {
    const sleeper = start(dan, ['sh', '-c', 'echo there; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    sleeper.stdout.on('data', () => lab.remove());
    sleeper.on('exit', () => ended(sleeper));
  });
  assert.deepEqual([exitCode, signalCode], [null, 'SIGKILL'], 'with the laboratory go the programs on its hosts');
  assert.equal(existsSync(lab.folder), false);
});

test('a NAT maps ports and forgets them; datagrams can be kept back while TCP passes, or everything', LAB, async () => {
  const lab = await openLaboratory(scenarioFile('cone'));
  const { server, hosts: { ann } } = lab;
  [ann, server].forEach(watchTraffic);
  countTraffic(server);
  const send = openDatagrams(ann, server);
  const comesBy = (others) => until(`datagrams come from one port, none of ${others}`, 5_000, () => {
    send();
    const sources = recentSources(server);
    assert(sources.length === 1 && isSeenAs(ann, sources[0]) && !others.includes(sources[0].port));
    return sources[0].port;
  });

  const first = await comesBy([]);
  await lab.nat({ name: 'ann-home' });
  await comesBy([first]);
  assert.equal(isSeenAs(ann, { ...lab.hosts.bob.links[0].public, port: first }), false);
  assert.equal(reaches(ann, server), true);
  assert.deepEqual(destinations(ann), [{ address: server.address, port: 9 }]);
  // A datagram of nine octets.
  assert.equal(received(server).find(({ port }) => port === first).octets % (20 + 8 + 9), 0);

  const datagrams = { from: 'ann', proto: 'udp', both: true };
  await lab.cut(datagrams);
  await until('nothing comes', 5_000, () => {
    send();
    return recentSources(server).length === 0;
  });
  assert.equal(reaches(ann, server), true);
  await lab.mend(datagrams);
  send();
  await until('it comes again', 2_000, () => recentSources(server).length === 1);

  await lab.cut({ from: 'ann', both: true });
  assert.equal(reaches(ann, server), false);
  lab.remove();
});

test('a lab without IPv4 leaves nothing behind', { skip: skipUnlessCi(labMissing()) }, () => {
  const lab = makeLab(['ann']);
  assert.match(run(lab.hosts.ann, ['ip', 'address']), new RegExp(lab.hosts.ann.address));
  lab.remove();
  assert.doesNotMatch(spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout, new RegExp(lab.server.ns));
});

// One socket; each call of what is returned sends a datagram from it.
function openDatagrams(from, to) {
  const loop = `exec 3>/dev/udp/${to.address}/9; while read line; do echo "$line" >&3; done`;
  const { stdin } = start(from, ['bash', '-c', loop], { stdio: ['pipe', 'ignore', 'ignore'] });
  stdin.on('error', () => {}); // the lab is gone
  return () => stdin.write('datagram\n');
}

// Nobody listens on port 9: a host that is reached says so at once, one that is not stays silent.
function reaches(from, to) {
  const knock = `timeout 0.5 bash -c '</dev/tcp/${to.address}/9'`;
  const [first, ...others] = from.enter;
  const { stderr } = spawnSync(first, [...others, 'bash', '-c', knock], { encoding: 'utf8' });
  return stderr.includes('refused');
}
