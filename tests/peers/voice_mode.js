// Drives Voice Mode in headless Chromium, with a recording as its microphone. Prints what it saw as one line of JSON.
// usage: node voice_mode.js MODE URL MICROPHONE.wav SCREENSHOTS [WORD]
const puppeteer = require('puppeteer-core');
const axe = require('axe-core');
const path = require('path');

const [mode, url, microphone, shots, word] = process.argv.slice(2);
const PATIENCE = 90000;
/** Bytes of everything that is fetched before one can talk. */
const HEAVIEST = 150 * 1024;

class Visit {
  constructor(page) {
    this.page = page;
    this.problems = [];
    this.seen = {};
    this.bytes = 0;
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // What the server refuses on purpose, or can't answer while it is gone, the browser reports by itself.
      const expected = ['reconnect', 'denied'].includes(mode) && /Failed to load resource|WebSocket connection/.test(message.text());
      if (message.type() === 'error' && !expected) this.problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const to = new URL(request.url());
      if (to.host !== new URL(url).host && !['data:', 'blob:'].includes(to.protocol)) this.problems.push(`request to ${to.host}`);
    });
    page.on('response', async (response) => {
      if (/\/assets\/|\/$/.test(new URL(response.url()).pathname)) this.bytes += (await response.buffer().catch(() => [])).length;
    });
  }

  async shot(name) {
    for (const [size, width, height] of [['phone', 390, 844], ['tablet', 820, 1180], ['desktop', 1440, 900]]) {
      await this.page.setViewport({ width, height });
      await this.page.screenshot({ path: path.join(shots, `${mode}-${name}-${size}.png`) });
    }
  }

  /** What a person who can't see well, or uses no mouse, would stumble over; in both schemes. */
  async easy(where) {
    await this.page.evaluate(axe.source);
    for (const scheme of ['light', 'dark']) {
      await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
      const { violations } = await this.page.evaluate(() => globalThis.axe.run());
      for (const found of violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))) {
        this.problems.push(`axe, ${where}, ${scheme}: ${found.id}: ${found.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
      }
    }
    await this.page.emulateMediaFeatures([]);
  }

  asked() {
    return this.page.waitForSelector('#question:not([hidden])');
  }

  outcome() {
    return this.page.waitForSelector('#transcript .outcome');
  }

  text(selector) {
    return this.page.$eval(selector, (part) => part.innerText);
  }

  says(selector, words) {
    return this.page.waitForFunction((at, wanted) => document.querySelector(at)?.innerText.includes(wanted), {}, selector, words);
  }

  async type(words) {
    await this.page.type('#text', words);
    await this.page.keyboard.press('Enter');
  }

  async readQuestion() {
    this.seen.question = await this.text('#question');
  }
}

const MODES = {
  async 'hands-free'(visit) {
    await visit.page.click('#hands-free');
    await visit.asked();
    await visit.readQuestion();
    await visit.shot('question');
    await visit.outcome();
  },

  async 'push-and-no'(visit) {
    const { page } = visit;
    const button = await (await page.waitForSelector('#talk')).boundingBox();
    await page.mouse.move(button.x + button.width / 2, button.y + button.height / 2);
    await page.mouse.down();
    await new Promise((done) => setTimeout(done, 4500));
    await page.mouse.up();
    await visit.asked();
    await visit.readQuestion();
    await visit.shot('question');
    await page.click('#question-no');
    await page.waitForSelector('#question[hidden]');
  },

  async 'type-and-yes'(visit) {
    await visit.easy('welcome');
    await visit.type('put buy bread on my to do list');
    await visit.asked();
    await visit.readQuestion();
    await visit.easy('question');
    await visit.page.click('#question-yes');
    await visit.outcome();
    await visit.easy('transcript');
  },

  /** Other words than were asked about: asked about again, and done only after that yes. By keyboard alone. */
  async edit(visit) {
    const { page } = visit;
    await visit.type('put buy bread on my to do list');
    await visit.asked();
    await page.focus('#question-edit');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#question-form:not([hidden])');
    await visit.easy('edit');
    await visit.shot('form');
    await page.$eval('#edit-text', (field) => field.select());
    await page.type('#edit-text', 'buy fresh rolls');
    await page.keyboard.press('Enter');
    await visit.says('#question-text', 'fresh rolls');
    await visit.readQuestion();
    await page.waitForSelector('#question-yes:not(:disabled)');
    await page.click('#question-yes');
    await visit.outcome();
    // What was asked, decided, sent and returned, with the times between.
    await page.click('.places a[href="#activity"]');
    const done = '.call[data-state="succeeded"]';
    await page.waitForSelector(done);
    visit.seen.hover = await page.$eval(done, (call) => call.title);
    await page.click(`${done} summary`);
    visit.seen.call = await visit.text(done);
    visit.seen.calls = await visit.text('#activity');
    await visit.easy('activity');
    await visit.shot('activity');
    await page.click('.places a[href="#talk"]');
  },

  /** Connected, looked at, given a rule, changed behind our back, approved again, removed. `word` is its address. */
  async integrations(visit) {
    const { page } = visit;
    await page.click('.places a[href="#integrations"]');
    await page.waitForSelector('#connect-open');
    await page.click('#connect-open');
    await page.waitForSelector('.provider input[value="zapier"]');
    await page.type('#connect-url', word);
    await visit.easy('connect');
    await visit.shot('connect');
    await page.$eval('#connect-name', (field) => field.select());
    await page.type('#connect-name', 'lights');
    await page.click('#connect .primary');
    await visit.says('#connect-told', 'is connected');
    await page.click('#connect-close');
    const card = '.server[data-server="lights"]';
    await page.waitForSelector(card);
    await page.click(`${card} summary`);
    visit.seen.before = await visit.text(`${card} [data-action="switch_light"]`);
    await page.select(`${card} [data-action="switch_light"] select`, '2');
    // Nobody said what it does: that is told before the rule is set.
    visit.seen.caution = await visit.text(`${card} .caution`);
    await page.click(`${card} .caution .danger`);
    await page.waitForSelector(`${card} [data-action="switch_light"][data-effect="runs"]`);
    visit.seen.rule = await visit.text(`${card} [data-action="switch_light"]`);
    await visit.easy('integrations');
    await visit.shot('rules');
    // The test sees the rule, and starts another server in its place.
    await page.waitForSelector(`${card} .changed`);
    visit.seen.diff = await visit.text(`${card} .diff`);
    await visit.easy('changed');
    await visit.shot('changed');
    await page.click(`${card} .changed button`);
    await page.waitForFunction((at) => !document.querySelector(`${at} .changed`), {}, card);
    await page.waitForSelector(`${card} [data-action="switch_light"]`);
    await page.click('#remove-lights');
    await page.click('#remove-yes-lights');
    await page.waitForFunction((at) => !document.querySelector(at), {}, card);
    visit.seen.page = await page.content();
    await page.click('.places a[href="#activity"]');
    await visit.says('#activity', 'Nothing was done yet');
    await visit.easy('activity, empty');
  },

  /** The server goes while a question is open, and comes back. */
  async reconnect(visit) {
    const { page } = visit;
    await visit.type('put buy bread on my to do list');
    await visit.asked();
    await page.waitForSelector('body[data-connection="lost"]');
    visit.seen.away = await visit.text('#notice');
    await visit.easy('offline');
    await visit.shot('away');
    await page.waitForSelector('body[data-connection="open"]');
    await visit.says('#transcript', 'Connected again');
    await visit.type('put buy milk on my to do list');
    await visit.asked();
    await page.click('#question-yes');
    await visit.says('#transcript', 'Done');
  },

  /** No microphone for this page: said where one looks, and typing goes on. */
  async denied(visit) {
    const { page } = visit;
    await page.click('#mic-check');
    await visit.says('#first', 'Allow it');
    await page.focus('#talk');
    await page.keyboard.down('Space');
    await page.waitForSelector('#notice[data-code="mic_denied"]');
    await page.keyboard.up('Space');
    visit.seen.notice = await visit.text('#notice');
    await visit.easy('denied');
    await visit.shot('notice');
    await visit.type('put buy bread on my to do list');
    await visit.asked();
    await page.click('#question-no');
    await page.waitForSelector('#question[hidden]');
  },

  async reminders(visit) {
    // The one that was late when the page opened, and the one that falls due while it is open.
    await visit.page.waitForFunction(() => document.querySelectorAll('#transcript .reminder').length === 2);
    await visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await visit.shot('dark');
    await visit.page.emulateMediaFeatures([]);
  },
};

async function main() {
  const allowed = mode === 'denied' ? ['--deny-permission-prompts'] : ['--use-fake-ui-for-media-stream'];
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    timeout: PATIENCE,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--use-fake-device-for-media-stream', ...allowed,
      `--use-file-for-fake-audio-capture=${microphone}%noloop`, '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const page = await browser.newPage();
  const visit = new Visit(page);
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(url);
  await page.waitForSelector('body[data-connection=open]');
  if (visit.bytes > HEAVIEST) visit.problems.push(`the page weighs ${visit.bytes} bytes, more than ${HEAVIEST}`);
  await visit.shot('open');
  if (!MODES[mode]) throw new Error(`unknown mode ${mode}`);
  await MODES[mode](visit);
  await page.waitForFunction(() => document.body.dataset.phase !== 'speaking');
  await visit.shot('done');
  const transcript = await page.$eval('#transcript', (list) => list.innerText);
  const announced = await page.$eval('#announce', (region) => region.innerText);
  console.log(JSON.stringify({ question: null, ...visit.seen, transcript, announced, bytes: visit.bytes, problems: visit.problems }));
  await browser.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
