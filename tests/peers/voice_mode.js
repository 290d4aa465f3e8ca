// Drives Voice Mode in headless Chromium, with a recording as its microphone. Prints what it saw as one line of JSON.
// usage: node voice_mode.js MODE URL MICROPHONE.wav SCREENSHOTS [WORD]
const axe = require('axe-core');
const fs = require('fs');
const path = require('path');
const { PATIENCE, launch } = require('./chromium.js');

const [mode, url, microphone, shots, word] = process.argv.slice(2);
/** Bytes of everything that is fetched before one can talk. */
const HEAVIEST = 150 * 1024;

/** Of what the loudspeaker would play, in samples a second. */
const PLAYED_RATE = 48000;

/**
 * In the page, before its own scripts: what goes to the loudspeaker also goes through a stream into a context of the rate
 * that sound cards have, and is kept there. The microphone's rate is noted.
 */
function listen(rate) {
  const kept = { samples: [], microphone: 0 };
  globalThis.kept = kept;
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function connected(to, ...rest) {
    if (to instanceof AudioDestinationNode && this instanceof AudioWorkletNode) {
      const stream = this.context.createMediaStreamDestination();
      connect.call(this, stream);
      const ear = new AudioContext({ sampleRate: rate });
      // The one kind of node that needs no module of its own, which the page's policy would not let in.
      const recorder = ear.createScriptProcessor(4096, 1, 1);
      recorder.onaudioprocess = ({ inputBuffer }) => kept.samples.push(inputBuffer.getChannelData(0).slice());
      connect.call(ear.createMediaStreamSource(stream.stream), recorder);
      connect.call(recorder, ear.destination);
    }
    return connect.call(this, to, ...rest);
  };
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (...asked) => {
    const stream = await open(...asked);
    kept.microphone = stream.getAudioTracks()[0].getSettings().sampleRate;
    return stream;
  };
}

/** What was kept, as 16-bit samples in base64. */
function played() {
  const { samples } = globalThis.kept;
  const whole = new Int16Array(samples.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of samples) for (const sample of part) whole[at++] = Math.max(-1, Math.min(1, sample)) * 32767;
  const bytes = new Uint8Array(whole.buffer);
  let text = '';
  for (let from = 0; from < bytes.length; from += 32768) text += String.fromCharCode(...bytes.subarray(from, from + 32768));
  return btoa(text);
}

/** A recording of one channel. */
function wav(samples, rate) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

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

  /** The first outcome, or so many. */
  outcome(count = 1) {
    return this.page.waitForFunction((wanted) => document.querySelectorAll('#transcript .outcome').length >= wanted, {}, count);
  }

  /** Presses a link that opens a tab of its own, by keyboard; gives the tab. */
  async opened(link) {
    const browser = this.page.browser();
    const opened = new Promise((resolve) => browser.once('targetcreated', resolve));
    await this.page.focus(link);
    await this.page.keyboard.press('Enter');
    const tab = await (await opened).page();
    tab.setDefaultTimeout(PATIENCE);
    return tab;
  }

  text(selector) {
    return this.page.$eval(selector, (part) => part.innerText);
  }

  says(selector, words) {
    return this.page.waitForFunction((at, wanted) => document.querySelector(at)?.innerText.includes(wanted), {}, selector, words);
  }

  async type(words) {
    // Shown a moment after the click that leads to it: until then it takes no focus, and the words would go nowhere.
    await this.page.waitForSelector('#text', { visible: true });
    await this.page.type('#text', words);
    await this.page.keyboard.press('Enter');
  }

  async readQuestion() {
    this.seen.question = await this.text('#question');
  }
}

/** In the page: whether the gateway has noticed that a server is away. */
async function gone(name) {
  const { servers } = await (await fetch('/v1/agentic/servers')).json();
  return servers.find((server) => server.name === name)?.status === 'unreachable';
}

const MODES = {
  /** Two requests in one visit without a hand: no to the first, yes to the second. `word` is where what was played goes. */
  async 'hands-free'(visit) {
    const { page } = visit;
    await page.click('#hands-free');
    await visit.asked();
    await visit.readQuestion();
    await visit.shot('question');
    await visit.outcome();
    visit.seen.denied = await visit.text('#transcript');
    await visit.asked();
    visit.seen.second = await visit.text('#question');
    await visit.outcome(2);
    await page.waitForFunction(() => document.querySelector('#stop').disabled);
    visit.seen.microphone = await page.evaluate(() => globalThis.kept.microphone);
    fs.writeFileSync(word, wav(Buffer.from(await page.evaluate(played), 'base64'), PLAYED_RATE));
  },

  /** The recording begins as the microphone opens, which is while the persona speaks. */
  async 'barge-in'(visit) {
    const { page } = visit;
    await visit.type('What makes a good cup of tea?');
    await page.waitForSelector('#stop:not(:disabled)');
    await page.click('#hands-free');
    await page.waitForSelector('#transcript .line.persona[data-cut]');
    await visit.asked();
    await visit.readQuestion();
    await page.click('#question-no');
    await page.waitForSelector('#question[hidden]');
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

  /** A rule wants the PIN with the yes: none, a wrong one, the right one. */
  async pin(visit) {
    const { page } = visit;
    await visit.type('put buy bread on my to do list');
    await visit.asked();
    await visit.readQuestion();
    await visit.easy('pin');
    await visit.shot('asked');
    await page.click('#question-yes');
    visit.seen.focused = await page.evaluate(() => document.activeElement.id);
    await page.type('#question-pin', '0000');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#question-refused:not([hidden])');
    visit.seen.refused = await visit.text('#question-refused');
    await visit.easy('wrong pin');
    await visit.shot('refused');
    await page.type('#question-pin', word);
    await page.click('#question-yes');
    await visit.outcome();
    visit.seen.page = await page.content();
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
    await page.click('.places a[href="#activity"]');
    await visit.says('#activity', 'Nothing was done yet');
    await visit.easy('activity, empty');
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
    // The test sees the question and kills the server: yes comes too late.
    await page.click('.places a[href="#talk"]');
    await visit.type('switch the light in the bedroom on');
    await visit.asked();
    await page.waitForFunction(gone, { polling: 300 }, 'lights');
    if (await page.$('#question:not([hidden])')) await page.click('#question-yes');
    await visit.outcome();
    visit.seen.gone = await visit.text('#transcript .outcome');
    await visit.shot('gone');
    await page.click('.places a[href="#integrations"]');
    // And starts it again.
    await page.waitForSelector(`${card}[data-health="well"]`);
    await page.click(`${card} summary`);
    // Its actions are looked up by a second request.
    await page.waitForSelector(`${card} [data-action="switch_light"]`);
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
  },

  /** A server that wants one to sign in: no, then yes, each in the tab that its provider gets. `word` is its address. */
  async 'sign-in'(visit) {
    const { page } = visit;
    const link = '#sign-in-mail';
    const card = '.server[data-server="mail"]';
    await page.click('.places a[href="#integrations"]');
    await page.waitForSelector('#connect-open');
    await page.click('#connect-open');
    await page.waitForSelector('.provider input[value="zapier"]');
    await page.type('#connect-url', word);
    await page.$eval('#connect-name', (field) => field.select());
    await page.type('#connect-name', 'mail');
    await page.click('#connect .primary');
    await visit.says('#connect-told', 'sign in');
    await visit.shot('told');
    await page.click('#connect-close');
    await page.waitForSelector(link);
    await visit.easy('wants a sign-in');
    await visit.shot('wanted');
    for (const answer of ['deny', 'allow']) {
      const tab = await visit.opened(link);
      await (await tab.waitForSelector(`#${answer}`)).click();
      await tab.waitForFunction(() => location.pathname.startsWith('/oauth/ended'));
      visit.seen[answer] = { text: await tab.$eval('main', (part) => part.innerText), query: await tab.evaluate(() => location.search) };
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: answer === 'deny' ? 'dark' : 'light' }]);
      await tab.screenshot({ path: path.join(shots, `${mode}-ended-${answer}.png`) });
      await tab.close();
      if (answer === 'deny') {
        await visit.says(card, 'access_denied');
        await visit.easy('denied sign-in');
        await visit.shot('denied');
      }
    }
    await page.waitForSelector(`${card}[data-health="well"]`);
    visit.seen.card = await visit.text(card);
    visit.seen.page = await page.content();
    await visit.shot('connected');
  },

  /** Models are still to come: that is shown and told, what fails can be tried again, and then everything works. `word` is the package that is missing. */
  async fetching(visit) {
    const { page } = visit;
    await visit.type('put buy bread on my to do list');
    await visit.says('#transcript', 'model I think with');
    visit.seen.early = await visit.text('#transcript');
    const again = '#arrivals-again:not([hidden]):not(:disabled)';
    await page.waitForSelector(again);
    visit.seen.arrivals = await visit.text('#arrivals');
    await visit.easy('models to come');
    await visit.shot('failed');
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await visit.shot('failed-dark');
    await page.emulateMediaFeatures([]);
    // From here it can be had.
    fs.renameSync(`${word}.later`, word);
    await (await page.waitForSelector(again)).click();
    await page.waitForSelector('#arrivals[hidden]');
    await page.waitForFunction(() => document.querySelector('#state').innerText === 'Ready');
    const before = await page.$$eval('#transcript .persona', (all) => all.length);
    await visit.type('What is on my to-do list?');
    await page.waitForFunction((few) => document.querySelectorAll('#transcript .persona').length > few, {}, before);
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
  const browser = await launch(microphone, mode === 'denied' ? '--deny-permission-prompts' : undefined);
  const page = await browser.newPage();
  const visit = new Visit(page);
  await page.setViewport({ width: 1440, height: 900 });
  if (mode === 'hands-free') await page.evaluateOnNewDocument(listen, PLAYED_RATE);
  await page.goto(url);
  await page.waitForSelector('body[data-connection=open]');
  // What shows the models that are still to come is fetched for that alone.
  if (visit.bytes > HEAVIEST && mode !== 'fetching') visit.problems.push(`the page weighs ${visit.bytes} bytes, more than ${HEAVIEST}`);
  await visit.shot('open');
  if (!MODES[mode]) throw new Error(`unknown mode ${mode}`);
  try {
    await MODES[mode](visit);
  } catch (error) {
    await visit.shot('failed');
    error.message += `\nThe transcript then:\n${await visit.text('#transcript')}`;
    throw error;
  }
  await page.waitForFunction(() => document.body.dataset.phase !== 'speaking');
  await visit.shot('done');
  const transcript = await page.$eval('#transcript', (list) => list.innerText);
  const announced = await page.$eval('#announce', (region) => region.innerText);
  console.log(JSON.stringify({ question: null, ...visit.seen, transcript, announced, bytes: visit.bytes, problems: visit.problems }));
  await browser.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
