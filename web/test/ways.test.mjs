// By which way a file comes, and what a page does with its own.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { Damaged } from '../data/assembly.js';
import { Files, Unreached } from '../files.js';

const FILE = Uint8Array.from({ length: 500 }, (_, i) => i);
const info = (more = {}) => ({
  id: 1, from: 'bob', by: 'Bob', name: 'a.bin', size: 500, media_type: '', at: 0, copy: 'none',
  sha256: createHash('sha256').update(FILE).digest('hex'), ...more,
});
const settle = async () => { for (let i = 0; i < 10; i += 1) await new Promise((done) => { setTimeout(done); }); };

class Connection {
  channel = { close() {} };

  createDataChannel() { return this.channel; }

  async setLocalDescription() { this.localDescription = { type: 'offer', sdp: 'sdp' }; }

  async setRemoteDescription(description) { this.remoteDescription = description; }

  close() {}
}

/** A page with what it says, and the service's answers. */
function page({ refuses = () => false } = {}) {
  const [acts, signals, told, connections] = [[], [], [], []];
  const files = new Files({
    acts: {
      do: async (action) => {
        acts.push(action);
        if (refuses(action)) throw new Error('refused');
      },
    },
    signal: (to, { kind, file, attempt, signal }) => signals.push([to, kind, file, attempt, signal.kind]),
    connect: () => {
      connections.push(new Connection());
      return connections.at(-1);
    },
    conference: 'abc',
    place: () => ({ participant: 'ann', key: 'key' }),
    me: () => 'ann',
    view: { files: (all) => told.push(...all.map(({ copy }) => copy)), fileGone: (id) => told.push(`${id} is gone`), fileLeaves: (...what) => told.push(what) },
  });
  const handlers = {
    file: ({ file }) => files.told([file], false),
    file_gone: ({ file }) => files.gone(file),
    upload: ({ file }) => void files.bring(file),
  };
  const fetched = (shares = [], stop = new AbortController()) => files.fetch(1, (way, share) => shares.push([way, share]), stop);
  return { files, handlers, acts, signals, told, connections, fetched };
}

const asked = (acts) => acts.map(({ kind, direct }) => (direct === undefined ? kind : `${kind} ${direct ? 'directly' : 'by the server'}`));

/** The server has these octets. */
function serve(octets) {
  const requests = [];
  globalThis.fetch = async (path, { headers }) => {
    requests.push([path, headers.authorization]);
    return new Response(octets);
  };
  return requests;
}

const { fetch: real } = globalThis;
afterEach(() => { globalThis.fetch = real; });

test('a file comes directly, if it can', async () => {
  const { files, acts, signals, connections, fetched } = page();
  files.all([info()]);
  const shares = [];
  const coming = fetched(shares);
  await settle();
  const [[, , , attempt]] = signals;
  assert.deepEqual([asked(acts), signals], [['fetch directly'], [['bob', 'file', 1, attempt, 'description']]]);
  files.signalled('bob', { kind: 'file', file: 1, attempt, signal: { kind: 'description', description_type: 'answer', sdp: 'his' } });
  files.signalled('eve', { kind: 'file', file: 1, attempt, signal: { kind: 'refuse' } });
  await settle();
  assert.equal(connections[0].remoteDescription.sdp, 'his');
  connections[0].channel.onmessage({ data: FILE.slice().buffer });
  assert.equal((await coming).size, 500);
  assert.deepEqual(shares, [['direct', 1]]);
});

test('else the server is asked for a copy, and it comes from there', async () => {
  const { files, handlers, acts, connections, fetched } = page({ refuses: ({ direct }) => direct });
  const requests = serve(FILE);
  files.all([info()]);
  handlers.file({ file: info({ copy: 'coming' }) });
  const shares = [];
  const coming = fetched(shares);
  await settle();
  assert.deepEqual([asked(acts), requests, connections], [['fetch directly', 'fetch by the server'], [], []]);
  handlers.file({ file: info({ copy: 'there' }) });
  assert.deepEqual(new Uint8Array(await (await coming).arrayBuffer()), FILE);
  assert.deepEqual(requests, [['/api/v1/conferences/abc/files/1', 'Bearer ann.key']]);
  assert.deepEqual([shares[0], shares.at(-1)], [['server', 0], ['server', 1]]);
});

test('who is refused directly in the middle of it has it from the server, from the beginning', async () => {
  const { files, connections, fetched } = page();
  serve(FILE);
  files.all([info({ copy: 'there' })]);
  const coming = fetched();
  await settle();
  connections[0].channel.onmessage({ data: FILE.slice(0, 300).buffer });
  connections[0].channel.onclose();
  assert.equal((await coming).size, 500);
});

test('another file is thrown away, from wherever it comes', async () => {
  const other = FILE.map((octet) => octet ^ 1);
  const direct = page();
  const requests = serve(other);
  direct.files.all([info({ copy: 'there' })]);
  const coming = direct.fetched();
  await settle();
  direct.connections[0].channel.onmessage({ data: other.buffer });
  await assert.rejects(coming, Damaged);
  assert.deepEqual(requests, [], 'that is no reason to try another way');
  const server = page({ refuses: ({ direct }) => direct });
  server.files.all([info({ copy: 'there' })]);
  await assert.rejects(server.fetched(), Damaged);
});

test('no copy comes: that is said, and not waited for', async () => {
  const { files, handlers, fetched } = page({ refuses: ({ direct }) => direct });
  files.all([info({ copy: 'coming' })]);
  const coming = fetched();
  await settle();
  handlers.file({ file: info() });
  await assert.rejects(coming, Unreached);
});

test('what is taken back stops, and so does what nobody wants any more', async () => {
  const { files, handlers, told, fetched } = page();
  files.all([info()]);
  const coming = fetched();
  await settle();
  handlers.file_gone({ file: 1 });
  await assert.rejects(coming, { name: 'AbortError' });
  assert(told.includes('1 is gone'));
  files.all([info({ copy: 'coming' })]);
  const stop = new AbortController();
  const again = fetched([], stop);
  await settle();
  stop.abort();
  await assert.rejects(again, { name: 'AbortError' });
});

test('a page sends what it has to four at once, and refuses more', async () => {
  const { files, acts, signals } = page();
  const file = Object.assign(new Blob([FILE]), { name: 'a/b\u202e.bin' });
  await files.offer(file);
  assert.deepEqual(acts, [{ kind: 'offer', name: 'a_b_.bin', size: 500, media_type: '', sha256: info().sha256 }]);
  files.all([info({ from: 'ann' })]);
  const offer = { kind: 'description', description_type: 'offer', sdp: 'sdp' };
  for (let attempt = 1; attempt <= 5; attempt += 1) await files.signalled('bob', { kind: 'file', file: 1, attempt, signal: offer });
  await settle();
  assert.deepEqual(signals.map(([to, , , attempt, kind]) => [to, attempt, kind]).sort(([, a], [, b]) => a - b),
    [1, 2, 3, 4].map((attempt) => ['bob', attempt, 'description']).concat([['bob', 5, 'refuse']]));
  files.close();
});

test('of all to whom a file leaves the last one says how far it is, and then it is over', async () => {
  const { files, connections, told } = page();
  await files.offer(Object.assign(new Blob([FILE]), { name: 'a.bin' }));
  files.all([info({ from: 'ann' })]);
  for (const who of ['bob', 'cid']) {
    await files.signalled(who, { kind: 'file', file: 1, attempt: 1, signal: { kind: 'description', description_type: 'offer', sdp: 'sdp' } });
  }
  const channels = [0, 250].map((bufferedAmount) => ({ readyState: 'open', bufferedAmount, send() {} }));
  for (const [i, channel] of channels.entries()) {
    connections[i].ondatachannel({ channel });
    await settle();
  }
  channels[0].onclose();
  channels[1].onclose();
  assert.deepEqual(told.slice(1), [[1, 0], [1, 0.5], [1, 0.5], [1, null]]);
});

test('nobody gets what a page does not offer', async () => {
  const { files, signals } = page();
  files.all([info()]);
  await files.signalled('cid', { kind: 'file', file: 1, attempt: 1, signal: { kind: 'description', description_type: 'offer', sdp: 'sdp' } });
  await files.signalled('cid', { kind: 'file', file: 9, attempt: 1, signal: { kind: 'description', description_type: 'offer', sdp: 'sdp' } });
  assert.deepEqual(signals, [['cid', 'file', 1, 1, 'refuse'], ['cid', 'file', 9, 1, 'refuse']]);
});

test('a page that was loaded anew takes back what it has no more, unless the server has it', () => {
  const { files, handlers, acts } = page();
  files.all([info({ from: 'ann' }), info({ id: 2, from: 'ann', copy: 'there' }), info({ id: 3 })]);
  assert.deepEqual(acts, [{ kind: 'withdraw', file: 1 }]);
  handlers.upload({ file: 2 });
  assert.deepEqual(acts.at(-1), { kind: 'withdraw', file: 2 });
});
