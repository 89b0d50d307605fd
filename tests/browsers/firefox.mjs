// Headless Firefox on a lab's host. Its driver speaks WebSocket to the browser's own loopback, hence the door;
// and it plays no sound without a sound server, hence the null sink.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { openDoor } from './door.mjs';
import { on } from './host.mjs';
import { SWELL, SYLLABLES_PER_SECOND } from './tone.mjs';
import { until } from './until.mjs';

const PROGRAM = '/usr/bin/firefox-esr';
const SOUND_SERVER = '/usr/bin/pulseaudio';

/** Why Firefox cannot be used here, or null. */
export function firefoxMissing() {
  const missing = [PROGRAM, SOUND_SERVER].filter((program) => !existsSync(program));
  return missing.length > 0 ? `${missing.join(' and ')} missing` : null;
}

/**
 * @param {import('./host.mjs').Lab} lab
 * @param {import('./host.mjs').Host} host
 * @param {{tone: number}} how  its microphone gives this tone
 */
export async function startFirefox(lab, host, { tone }) {
  const home = join(lab.folder, `${host.name}-home`);
  mkdirSync(join(home, 'profile'), { recursive: true });
  const soundServer = await startSoundServer(lab, host, home);
  const door = await openDoor(host);
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: on(lab, host, PROGRAM),
    debuggingPort: door.port,
    userDataDir: join(home, 'profile'),
    extraPrefsFirefox: prefs(tone),
    env: { ...process.env, HOME: home, PULSE_SERVER: soundServer, LANG: 'en_US.UTF-8' },
  });
}

/**
 * Makes a voice of what a page's microphone sends: Firefox's fake one hums, and what hums is soon left out.
 * @param {import('puppeteer-core').Page} page
 */
export function giveVoice(page) {
  return page.evaluateOnNewDocument(speak, SYLLABLES_PER_SECOND, SWELL);
}

function speak(syllables, swell) {
  const { replaceTrack } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.replaceTrack = function (track) {
    return replaceTrack.call(this, track?.kind === 'audio' ? voiced(track) : track);
  };

  function voiced(track) {
    const context = new AudioContext();
    const mouth = new GainNode(context, { gain: 1 - swell / 2 });
    const lips = new OscillatorNode(context, { frequency: syllables });
    lips.connect(new GainNode(context, { gain: swell / 2 })).connect(mouth.gain);
    lips.start();
    const voice = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(mouth).connect(voice);
    return voice.stream.getAudioTracks()[0];
  }
}

function prefs(tone) {
  return {
    'media.navigator.streams.fake': true,
    'media.navigator.audio.fake_frequency': tone,
    'media.navigator.permission.disabled': true,
    'media.devices.insecure.enabled': true,
    'media.getusermedia.insecure.enabled': true,
    'media.autoplay.default': 0,
    'media.autoplay.blocking_policy': 0,
    // OpenH264 and the like would be fetched from outside.
    'media.gmp-manager.updateEnabled': false,
  };
}

// Runs on the browser's host, so that it goes with the lab.
async function startSoundServer(lab, host, home) {
  const socket = join(home, 'sound');
  const server = spawn(on(lab, host, SOUND_SERVER), [
    '-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=true', '--use-pid-file=no',
    '--load=module-null-sink',
    `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
  ], { stdio: 'ignore', env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home } });
  server.unref();
  await until('the sound server listens', 5_000, () => existsSync(socket));
  return `unix:${socket}`;
}
