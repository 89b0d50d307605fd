// What a page really plays: levels of given frequencies in the streams of its audio elements.

/**
 * Levels over two thirds of a second, in dB of full scale, one for each frequency.
 * @param {import('puppeteer-core').Page} page
 * @param {number[]} hertz
 * @param {'left' | 'right'} [side]  else both together
 * @returns {Promise<number[]>}
 */
export async function levels(page, hertz, side) {
  const answer = await page.evaluate(measure, hertz, side);
  if (answer.problem) throw new Error(answer.problem);
  return answer.levels;
}

async function measure(hertz, side) {
  const playing = [...document.querySelectorAll('audio, video')]
    .filter((element) => !element.muted && !element.paused && element.srcObject?.getAudioTracks().length > 0);
  if (playing.length === 0) return { problem: 'no unmuted element plays a stream with sound' };
  const context = new AudioContext();
  try {
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 32_768 });
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    if (side) splitter.connect(analyser, ['left', 'right'].indexOf(side));
    for (const element of playing) context.createMediaStreamSource(element.srcObject).connect(side ? splitter : analyser);
    await new Promise((done) => setTimeout(done, (1_100 * analyser.fftSize) / context.sampleRate));
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return { levels: hertz.map((f) => level(samples, f / context.sampleRate)) };
  } finally {
    await context.close();
  }

  // Goertzel's recurrence under a Hann window, whose side lobes are far below what is looked for.
  function level(window, cyclesPerSample) {
    const turn = 2 * Math.cos(2 * Math.PI * cyclesPerSample);
    let [before, last] = [0, 0];
    window.forEach((sample, i) => {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window.length);
      [before, last] = [last, sample * hann + turn * last - before];
    });
    const power = last * last + before * before - turn * last * before;
    const amplitude = (4 * Math.sqrt(Math.max(power, 0))) / window.length;
    return 20 * Math.log10(Math.max(amplitude, 1e-6));
  }
}

/**
 * Listens for a tone from now on, about fifty times a second.
 * @param {import('puppeteer-core').Page} page
 * @param {number} hertz
 */
export async function follow(page, hertz) {
  const problem = await page.evaluate(begin, hertz);
  if (problem) throw new Error(problem);
}

/**
 * What has been heard of the tone since `follow`, in milliseconds: the longest silence, and for how long it has been
 * there without one. What the browser itself invents to conceal a loss counts as heard: up to about 0.1 s.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{silenceMs: number, steadyMs: number}>}
 */
export function followed(page) {
  return page.evaluate(() => globalThis.followedTone());
}

/**
 * The longest time within the next `forMs` for which the browser had to invent sound because none had come, in
 * milliseconds, as its jitter buffer counts (`concealedSamples`). If anything too long: what is invented in two pieces
 * between two looks counts as one.
 * @param {import('puppeteer-core').Page} page
 * @param {number} forMs
 * @returns {Promise<number>}
 */
export function longestConcealment(page, forMs) {
  return page.evaluate(conceal, forMs);
}

async function conceal(forMs) {
  const SAMPLES_PER_MS = 48;
  const receivers = keptConnections.flatMap(({ connection }) => connection.getReceivers());
  const sound = receivers.find(({ track }) => track.kind === 'audio');
  const look = async () => [...(await sound.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  let [before, piece, longest] = [await look(), 0, 0];
  for (const end = performance.now() + forMs; performance.now() < end;) {
    await new Promise((done) => setTimeout(done, 20));
    const after = await look();
    const invented = after.concealedSamples - before.concealedSamples;
    const goesOn = invented > 0 && after.concealmentEvents === before.concealmentEvents;
    piece = goesOn ? piece + invented : invented;
    longest = Math.max(longest, piece);
    before = after;
  }
  return longest / SAMPLES_PER_MS;
}

async function begin(hertz) {
  const LOUD = 0.003; // amplitude, about -50 dB
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 2_048 });
  const listened = new Set();
  const listen = () => {
    for (const { muted, paused, srcObject } of document.querySelectorAll('audio, video')) {
      if (muted || paused || listened.has(srcObject) || !srcObject?.getAudioTracks().length) continue;
      listened.add(srcObject);
      context.createMediaStreamSource(srcObject).connect(analyser);
    }
  };
  listen();
  if (listened.size === 0) return 'no unmuted element plays a stream with sound';
  await context.resume();
  const samples = new Float32Array(analyser.fftSize);
  let [heard, since, silence] = [performance.now(), performance.now(), 0];
  setInterval(() => {
    const now = performance.now();
    listen(); // what begins to play later is heard, too
    analyser.getFloatTimeDomainData(samples);
    if (amplitude(samples, hertz / context.sampleRate) > LOUD) heard = now;
    else since = now;
    silence = Math.max(silence, now - heard);
  }, 20);
  globalThis.followedTone = () => ({ silenceMs: silence, steadyMs: performance.now() - since });
  return null;

  // The window's part at that frequency, under a Hann window.
  function amplitude(window, cyclesPerSample) {
    let [re, im] = [0, 0];
    window.forEach((sample, i) => {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window.length);
      re += sample * hann * Math.cos(2 * Math.PI * cyclesPerSample * i);
      im += sample * hann * Math.sin(2 * Math.PI * cyclesPerSample * i);
    });
    return (4 * Math.hypot(re, im)) / window.length;
  }
}
