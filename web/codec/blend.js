// My voice and the sound of what I show as one track: a leg has one line for sound. While nothing is shown that sounds
// there is nothing to blend, and the microphone's own track is sent. Knows no DOM but WebAudio.

export class Blend {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** Of what it is made. @type {(MediaStreamTrack | null)[]} */ #parts = [];

  /**
   * The track to be sent; the same again for the same parts.
   * @param {MediaStreamTrack | null} voice
   * @param {MediaStreamTrack | null} shown
   */
  of(voice, shown) {
    if (!shown) {
      this.close();
      return voice;
    }
    if (this.#parts[0] !== voice || this.#parts[1] !== shown) this.#make(voice, shown);
    return this.#track;
  }

  close() {
    void this.#context?.close();
    this.#context = this.#track = null;
    this.#parts = [];
  }

  /**
   * @param {MediaStreamTrack | null} voice
   * @param {MediaStreamTrack} shown
   */
  #make(voice, shown) {
    this.close();
    const context = new AudioContext({ sampleRate: 48_000 });
    const out = context.createMediaStreamDestination();
    for (const part of [voice, shown]) {
      if (part) context.createMediaStreamSource(new MediaStream([part])).connect(out);
    }
    this.#context = context;
    this.#track = out.stream.getAudioTracks()[0];
    this.#parts = [voice, shown];
  }
}
