// Headless Chromium with a recording as its microphone.
const puppeteer = require('puppeteer-core');

/** Milliseconds that anything may take. */
const PATIENCE = 90000;

/** `permission` is Chromium's own option about who may use the microphone. */
const launch = (microphone, permission = '--use-fake-ui-for-media-stream') => puppeteer.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  timeout: PATIENCE,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-fake-device-for-media-stream', permission,
    `--use-file-for-fake-audio-capture=${microphone}%noloop`, '--autoplay-policy=no-user-gesture-required',
  ],
});

module.exports = { PATIENCE, launch };
