// How loud a microphone is, for somebody who looks whether it works. Knows no DOM.

// In dB of full scale: a room at night, and as loud as anyone should speak.
const [SILENT, LOUD] = [-60, -6];

// Milliseconds between two looks.
const LOOK = 50;

/**
 * From 0, nothing is to be heard, to 1.
 * @param {Float32Array} samples
 */
export function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power);
  return Math.min(1, Math.max(0, (decibels - SILENT) / (LOUD - SILENT)));
}

export class Level {
  #context = new AudioContext();
  /** @type {ReturnType<typeof setInterval>} */ #look;

  /**
   * @param {MediaStreamTrack} track
   * @param {(loudness: number) => void} tell
   */
  constructor(track, tell) {
    const analyser = new AnalyserNode(this.#context, { fftSize: 2_048 });
    new MediaStreamAudioSourceNode(this.#context, { mediaStream: new MediaStream([track]) }).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#look = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      tell(track.enabled ? loudness(samples) : 0);
    }, LOOK);
  }

  /** Some browsers hear nothing before the page was touched. */
  wake() { if (this.#context.state === 'suspended') void this.#context.resume(); }

  close() {
    clearInterval(this.#look);
    void this.#context.close();
  }
}
