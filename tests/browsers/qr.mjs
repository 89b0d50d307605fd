// Reads a QR code off a page, as a camera would: from what it looks like.

import decodeQR from 'qr/decode.js';

/**
 * @param {import('puppeteer-core').Page} page
 * @param {string} selector
 */
export async function readCode(page, selector) {
  const element = await page.waitForSelector(selector);
  const photograph = await element.screenshot({ encoding: 'base64' });
  const { width, height, data } = await page.evaluate(develop, photograph);
  return decodeQR({ width, height, data: Uint8ClampedArray.from(Buffer.from(data, 'base64')) });
}

async function develop(photograph) {
  const bytes = Uint8Array.from(atob(photograph), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const paper = new OffscreenCanvas(image.width, image.height).getContext('2d');
  paper.drawImage(image, 0, 0);
  const { width, height, data } = paper.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let i = 0; i < data.length; i += 8_192) text += String.fromCharCode(...data.subarray(i, i + 8_192));
  return { width, height, data: btoa(text) };
}
