// Curves of numbers over time, as SVG path data. Pure.

/** @typedef {{width: number, height: number, most: number, slots: number}} Frame  `slots`: so many values fill the width */

/**
 * The curve of these values, the newest at the right end; where one is unknown it has a gap.
 * @param {(number | null)[]} values  the oldest first
 * @param {Frame} frame
 */
export function curve(values, { width, height, most, slots }) {
  const step = width / (slots - 1);
  let text = '';
  let draws = false;
  values.forEach((value, i) => {
    if (value === null) {
      draws = false;
      return;
    }
    const x = round(width - (values.length - 1 - i) * step);
    const y = round(height - (Math.min(value, most) / most) * height);
    // A value with no neighbour is drawn as a point: a line of no length with round ends.
    text += draws ? `L${x} ${y}` : `M${x} ${y}h0`;
    draws = true;
  });
  return text;
}

/**
 * The end of a scale: the next of 1, 2, 5, 10 … that is no less than all values.
 * @param {(number | null)[]} values
 * @param {number} least
 */
export function ceiling(values, least) {
  const most = Math.max(least, ...values.map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((step) => step * power >= most - most * 1e-9) ?? 10;
  return step * power;
}

const round = (/** @type {number} */ number) => Math.round(number * 10) / 10;
