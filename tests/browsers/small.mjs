// Cameras that make small pictures, few a second: an instrument that is in the page before its own scripts run. Each
// connection has an encoder of its own, and where many browsers share one machine that would be all they do.

const SMALL = { width: 160, height: 90, frameRate: 10 };

/** @param {import('puppeteer-core').Page} page */
export function makeSmallPictures(page) {
  return page.evaluateOnNewDocument((small) => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = ({ video, ...wanted }) =>
      ask({ ...wanted, ...(video && { video: { ...video, ...small } }) });
  }, SMALL);
}
