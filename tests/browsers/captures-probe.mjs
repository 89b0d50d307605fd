import { setTimeout as pause } from 'node:timers/promises';
import { enterInTurn } from './person.mjs';
import { onStage } from './stage.mjs';

const hook = (page) => page.evaluateOnNewDocument(() => {
  globalThis.caught = [];
  const Real = WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(...a) {
      super(...a);
      this.addEventListener('message', ({ data }) => {
        const m = JSON.parse(data);
        if (m.type === 'captures') globalThis.caught.push({ now: performance.timeOrigin + performance.now(), captures: m.captures });
      });
    }
  };
});
const firefox = process.argv.includes('firefox');
const seconds = Number(process.argv.at(-1)) || 25;
const ann = { name: 'ann', tone: 440, firefox };
const ben = { name: 'ben', tone: 660, prepare: hook };
await onStage([ann, ben], async (stage, ann, ben) => {
  await enterInTurn([ann, ben], await stage.service.create({ title: 'Captures' }));
  if (process.argv.includes('server')) await stage.block(ann);
  await pause(seconds * 1000);
  const caught = await ben.page.evaluate(() => globalThis.caught);
  const bySeries = {};
  for (const { now, captures } of caught) {
    for (const { mid, participant, rtp_time, captured_ms } of captures) {
      const rate = mid.startsWith('audio') ? 48 : 90;
      (bySeries[`${participant} ${mid}`] ??= []).push({ now, rtp_time, captured_ms, offset: captured_ms - rtp_time / rate });
    }
  }
  for (const [name, list] of Object.entries(bySeries)) {
    const first = list[0];
    console.log(name, list.length);
    for (const e of list) console.log(`  t=${((e.now - first.now) / 1000).toFixed(2)} rtp=${e.rtp_time} offset moved ${(e.offset - first.offset).toFixed(2)} ms, told ${(e.now - e.captured_ms).toFixed(1)} ms after capture`);
  }
  // What ben plays: capture time by the mapping against now.
  const played = await ben.page.evaluate(async () => {
    const out = [];
    const pcs = globalThis.connections ?? globalThis.peerConnections ?? [];
    for (const pc of pcs) for (const r of pc.getReceivers()) {
      const s = r.getSynchronizationSources()[0];
      if (s) out.push({ kind: r.track.kind, mid: pc.getTransceivers().find((t) => t.receiver === r)?.mid, rtp: s.rtpTimestamp, timestamp: s.timestamp, capture: s.captureTimestamp, offset: s.senderCaptureTimeOffset, now: performance.timeOrigin + performance.now() });
    }
    return out;
  });
  console.log(JSON.stringify(played, null, 1));
  for (const p of played) {
    const last = caught.flatMap(({ captures }) => captures).filter((c) => c.mid === p.mid).at(-1);
    if (last) {
      const rate = p.kind === 'audio' ? 48 : 90;
      console.log(p.kind, p.mid, 'playing now captured', (p.timestamp - (last.captured_ms + ((p.rtp - last.rtp_time) | 0) / rate)).toFixed(1), 'ms ago', p.capture && `abs says ${p.capture - 2208988800000 - (last.captured_ms + ((p.rtp - last.rtp_time) | 0) / rate)}`);
    }
  }
});
