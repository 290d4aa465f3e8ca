// Drives Voice Mode in headless Chromium, with a recording as its microphone. Prints what it saw as one line of JSON.
// usage: node voice_mode.js hands-free|push-and-no|type-and-yes|reminders URL MICROPHONE.wav SCREENSHOTS
const puppeteer = require('puppeteer-core');
const path = require('path');

const [mode, url, microphone, shots] = process.argv.slice(2);

async function main() {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}%noloop`, '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') problems.push(`console: ${message.text()}`); });
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.host !== new URL(url).host && !['data:', 'blob:'].includes(to.protocol)) problems.push(`request to ${to.host}`);
  });
  const shot = async (name) => {
    for (const [size, width, height] of [['phone', 390, 844], ['desktop', 1440, 900]]) {
      await page.setViewport({ width, height });
      await page.screenshot({ path: path.join(shots, `${mode}-${name}-${size}.png`) });
    }
  };
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(url);
  await page.waitForSelector('body[data-connection=open]', { timeout: 60000 });
  await shot('open');

  const asked = () => page.waitForSelector('#question:not([hidden])', { timeout: 60000 });
  const outcome = () => page.waitForSelector('#transcript .outcome', { timeout: 90000 });
  let question = null;
  const readQuestion = async () => {
    question = await page.$eval('#question', (card) => card.innerText);
  };

  if (mode === 'hands-free') {
    await page.click('#hands-free');
    await asked();
    await readQuestion();
    await shot('question');
    await outcome();
  } else if (mode === 'push-and-no') {
    const button = await (await page.waitForSelector('#talk')).boundingBox();
    await page.mouse.move(button.x + button.width / 2, button.y + button.height / 2);
    await page.mouse.down();
    await new Promise((done) => setTimeout(done, 4500));
    await page.mouse.up();
    await asked();
    await readQuestion();
    await shot('question');
    await page.click('#question-no');
    await page.waitForSelector('#question[hidden]', { timeout: 30000 });
  } else if (mode === 'type-and-yes') {
    await page.type('#text', 'put buy bread on my to do list');
    await page.keyboard.press('Enter');
    await asked();
    await readQuestion();
    await page.click('#question-yes');
    await outcome();
  } else if (mode === 'reminders') {
    // The one that was late when the page opened, and the one that falls due while it is open.
    await page.waitForFunction(() => document.querySelectorAll('#transcript .reminder').length === 2, { timeout: 90000 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await shot('dark');
    await page.emulateMediaFeatures([]);
  } else {
    throw new Error(`unknown mode ${mode}`);
  }
  await page.waitForFunction(() => document.body.dataset.phase !== 'speaking', { timeout: 60000 });
  await shot('done');
  const transcript = await page.$eval('#transcript', (list) => list.innerText);
  const announced = await page.$eval('#announce', (region) => region.innerText);
  console.log(JSON.stringify({ question, transcript, announced, problems }));
  await browser.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
