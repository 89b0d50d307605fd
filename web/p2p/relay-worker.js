// Forwards the encoded frames of others' pictures without decoding them, in a worker of its own.
//
// A picture comes in through the transform of its receiver, which gets every frame back, since this page may show it
// too. It goes out through the encoded stream of a sender whose own encoder makes a picture that nobody sees: a key
// frame of that encoder is how one learns that the subscriber asks for one.

import { Fork } from './fork.js';

/** @typedef {import('./encoded.js').Order} Order */
/** @typedef {{type: string, getMetadata: () => object}} Frame  of RTCEncodedVideoFrame, which libraries do not know yet */
/** @typedef {{options: {picture: string}, readable: ReadableStream<Frame>, writable: WritableStream<Frame>, sendKeyFrameRequest: () => Promise<void>}} Transformer */

const EncodedFrame = /** @type {{RTCEncodedVideoFrame: new (frame: Frame, how: object) => Frame}} */ (/** @type {unknown} */ (globalThis)).RTCEncodedVideoFrame;

class Source {
  ask = () => {};
  /** @type {Fork<Frame>} */ fork = new Fork((frame) => new EncodedFrame(frame, { metadata: frame.getMetadata() }), () => this.ask());
}

/** @type {Map<string, Source>} by picture */
const sources = new Map();

/** @param {string} picture */
function sourceOf(picture) {
  const source = sources.get(picture) ?? new Source();
  sources.set(picture, source);
  return source;
}

Object.assign(globalThis, { onrtctransform: (/** @type {{transformer: Transformer}} */ { transformer }) => void receive(transformer) });
onmessage = ({ data }) => obey(data);

/** @param {Transformer} transformer */
async function receive(transformer) {
  const source = sourceOf(transformer.options.picture);
  // Before its first packets came a receiver has nobody to ask.
  const ask = () => { transformer.sendKeyFrameRequest().catch(() => {}); };
  source.ask = ask;
  if (!source.fork.idle) ask();
  const back = transformer.writable.getWriter();
  const frames = transformer.readable.getReader();
  for (let next = await frames.read(); !next.done; next = await frames.read()) {
    source.fork.frame(next.value);
    back.write(next.value).catch(() => {});
  }
  // Unless it came anew meanwhile.
  if (source.ask === ask && source.fork.idle) sources.delete(transformer.options.picture);
}

/** @param {Order} order */
function obey(order) {
  const { fork } = sourceOf(order.picture);
  if (order.kind === 'end') return fork.remove(order.id);
  fork.add(order.id, order.writable.getWriter());
  void watch(order.readable, () => fork.lost(order.id));
}

/**
 * The frames of the picture that nobody sees end here.
 * @param {ReadableStream<Frame>} own
 * @param {() => void} asked
 */
async function watch(own, asked) {
  const frames = own.getReader();
  for (let next = await frames.read(); !next.done; next = await frames.read()) {
    if (next.value.type === 'key') asked();
  }
}
