// Tones as WAV files, to stand in for microphones.

// A voice: a tone that swells and fades about as often as one speaks syllables. Whatever stays the same for long
// counts as noise for codecs and is left out after some seconds (DTX).
export const SYLLABLES_PER_SECOND = 4;
export const SWELL = 0.8;

const RATE = 48_000;
const HEADER_BYTES = 44;

/**
 * A file of 16-bit samples at 48 kHz. With a whole number of hertz, one second repeats without a seam.
 * @param {number} hertz
 * @param {{seconds?: number, amplitude?: number, swell?: number, right?: number}} [how]  amplitude 0 to 1; of it, `swell`
 *   comes and goes; with `right`, the tone is on the left and one of so many hertz on the right, else there is one channel
 * @returns {Buffer}
 */
export function toneWav(hertz, { seconds = 1, amplitude = 0.3, swell = 0, right } = {}) {
  const tones = right ? [hertz, right] : [hertz];
  const samples = Math.round(RATE * seconds);
  const frame = 2 * tones.length;
  const wav = Buffer.alloc(HEADER_BYTES + frame * samples);
  writeHeader(wav, tones.length, frame * samples);
  for (let i = 0; i < samples; i++) {
    const gone = swell * (0.5 - 0.5 * Math.cos((2 * Math.PI * SYLLABLES_PER_SECOND * i) / RATE));
    tones.forEach((tone, channel) => {
      const value = amplitude * (1 - gone) * Math.sin((2 * Math.PI * tone * i) / RATE);
      wav.writeInt16LE(Math.round(32_767 * value), HEADER_BYTES + frame * i + 2 * channel);
    });
  }
  return wav;
}

function writeHeader(wav, channels, dataBytes) {
  wav.write('RIFF', 0);
  wav.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(channels, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(2 * channels * RATE, 28); // bytes per second
  wav.writeUInt16LE(2 * channels, 32); // bytes per frame
  wav.writeUInt16LE(16, 34); // bits per sample
  wav.write('data', 36);
  wav.writeUInt32LE(dataBytes, 40);
}
