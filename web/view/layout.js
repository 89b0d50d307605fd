// Where the tiles stand: sizes in, rectangles out. Pure; in CSS pixels, from the top and from where a line begins, so that
// it holds for both directions of writing.

/** @typedef {{width: number, height: number}} Size */
/** @typedef {{start: number, top: number, width: number, height: number}} Place */
/** @typedef {{places: Place[], height: number}} Plan  `height`: of all; more than there is means that one scrolls */

const GAP = 10;
// A tile is no wider than a camera's picture, and no narrower than a square: what is cut off then is no face yet.
const WIDEST = 16 / 9;
const NARROWEST = 1;
// Nobody is known again on less; then one scrolls.
const SMALLEST = 132;
// Of the speaker layout's strip: its share of the width, and what a tile in it may have.
const STRIP = { share: 0.17, least: 132, most: 240 };
// Higher than wide by this: the strip stands below.
const UPRIGHT = 0.9;
// What the large picture has of the height, when the strip stands below.
const LARGE = 0.62;

/**
 * All alike, as large as fits.
 * @param {number} count
 * @param {Size} room
 * @returns {Plan}
 */
export function grid(count, room) {
  if (count === 0) return { places: [], height: 0 };
  const { columns, tile } = best(count, room);
  const rows = Math.ceil(count / columns);
  const height = rows * tile.height + (rows - 1) * GAP;
  const top = Math.max(0, (room.height - height) / 2);
  const places = Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const start = (room.width - inRow * tile.width - (inRow - 1) * GAP) / 2;
    return { start: start + (i % columns) * (tile.width + GAP), top: top + row * (tile.height + GAP), ...tile };
  });
  return { places, height: Math.max(height, room.height) };
}

/**
 * One large, the others in a strip beside it, or below it where it is narrow. The first place is the large one's.
 * @param {number} count
 * @param {Size} room
 * @returns {Plan}
 */
export function speaker(count, room) {
  if (count < 2) return grid(count, room);
  return room.width / room.height < UPRIGHT ? below(count, room) : beside(count, room);
}

/**
 * @param {number} count
 * @param {Size} room
 */
function best(count, room) {
  let found = { columns: 1, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns += 1) {
    const tile = fit(share(room.width, columns), share(room.height, Math.ceil(count / columns)));
    if (tile.width * tile.height > found.tile.width * found.tile.height) found = { columns, tile };
  }
  return found.tile.width >= Math.min(SMALLEST, room.width) ? found : scrolled(room);
}

/** @param {Size} room */
function scrolled({ width }) {
  const columns = Math.max(1, Math.floor((width + GAP) / (SMALLEST + GAP)));
  const each = share(width, columns);
  return { columns, tile: { width: each, height: each / WIDEST } };
}

/**
 * @param {number} count
 * @param {Size} room
 */
function beside(count, room) {
  const width = Math.min(Math.max(room.width * STRIP.share, STRIP.least), STRIP.most);
  const height = width / WIDEST;
  const all = (count - 1) * (height + GAP) - GAP;
  const top = Math.max(0, (room.height - all) / 2);
  const strip = Array.from({ length: count - 1 }, (_, i) => ({
    start: room.width - width, top: top + i * (height + GAP), width, height,
  }));
  const large = { start: 0, top: 0, width: room.width - width - GAP, height: room.height };
  return { places: [large, ...strip], height: Math.max(all, room.height) };
}

/**
 * @param {number} count
 * @param {Size} room
 */
function below(count, room) {
  const height = Math.min(room.height * LARGE, room.width / NARROWEST);
  const rest = { width: room.width, height: room.height - height - GAP };
  const strip = grid(count - 1, rest);
  const lower = (/** @type {Place} */ place) => ({ ...place, top: place.top + height + GAP });
  const large = { start: 0, top: 0, width: room.width, height };
  return { places: [large, ...strip.places.map(lower)], height: height + GAP + strip.height };
}

/**
 * @param {number} whole
 * @param {number} parts
 */
const share = (whole, parts) => Math.max(0, (whole - (parts - 1) * GAP) / parts);

/**
 * The largest tile in a cell.
 * @param {number} width
 * @param {number} height
 * @returns {Size}
 */
function fit(width, height) {
  if (width > height * WIDEST) return { width: height * WIDEST, height };
  return { width, height: Math.min(height, width / NARROWEST) };
}
