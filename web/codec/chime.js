// The tone that a loudspeaker is tested with: two soft notes, a fifth apart, as a WAV file. Pure.

const RATE = 48_000;
const SECONDS = 1.2;
/** Hertz, and when each begins. */
const NOTES = [[523.25, 0], [783.99, 0.22]];
const LOUDEST = 0.25;
// Seconds in which a note swells, and in which it fades to a third.
const [ATTACK, DECAY] = [0.02, 0.18];

export function chime() {
  const samples = Int16Array.from({ length: RATE * SECONDS }, (_, i) => Math.round(0x7fff * at(i / RATE)));
  return wav(samples);
}

/** @param {number} time  in seconds */
function at(time) {
  const fade = Math.min(1, (SECONDS - time) / ATTACK);
  const notes = NOTES.map(([hertz, begin]) => note(hertz, time - begin));
  return fade * notes.reduce((sum, value) => sum + value, 0);
}

/**
 * @param {number} hertz
 * @param {number} time  since it began
 */
function note(hertz, time) {
  if (time < 0) return 0;
  return LOUDEST * Math.min(1, time / ATTACK) * Math.exp(-time / DECAY) * Math.sin(2 * Math.PI * hertz * time);
}

/** One channel of 16 bits (RIFF). @param {Int16Array} samples */
function wav(samples) {
  const bytes = samples.byteLength;
  const file = new DataView(new ArrayBuffer(44 + bytes));
  const text = (/** @type {number} */ offset, /** @type {string} */ word) => [...word].forEach((letter, i) => file.setUint8(offset + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  file.setUint32(4, 36 + bytes, true);
  text(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, RATE, true);
  file.setUint32(28, 2 * RATE, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, 'data');
  file.setUint32(40, bytes, true);
  samples.forEach((sample, i) => file.setInt16(44 + 2 * i, sample, true));
  return file.buffer;
}
