// Serves a page as any local web server would, opens it in headless Chromium with a recording as its microphone, presses
// its button and waits for words on it. Prints what it saw, and how loud it was at most, as one line of JSON.
// usage: node pasted_page.js PAGE.html MICROPHONE.wav WORDS
const fs = require('fs');
const http = require('http');
const { PATIENCE, launch } = require('./chromium.js');

const [file, microphone, words] = process.argv.slice(2);

/** Listens to whatever the page sends to its loudspeaker. Runs in the page, before its own code. */
function overhear() {
  globalThis.loudest = 0;
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const meter = new AnalyserNode(to.context);
      const samples = new Float32Array(meter.fftSize);
      connect.call(this, meter);
      setInterval(() => {
        meter.getFloatTimeDomainData(samples);
        globalThis.loudest = Math.max(globalThis.loudest, ...samples);
      }, 20);
    }
    return connect.call(this, to, ...rest);
  };
}

async function main() {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/' ? fs.readFileSync(file) : '');
  });
  await new Promise((listening) => server.listen(0, 'localhost', listening));
  const browser = await launch(microphone);
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.setDefaultTimeout(PATIENCE);
  await page.evaluateOnNewDocument(overhear);
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.click('button');
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, words);
  await page.waitForFunction(() => globalThis.loudest > 0.05);
  const seen = await page.evaluate(() => ({ text: document.body.innerText, loudest: globalThis.loudest }));
  console.log(JSON.stringify({ ...seen, problems }));
  await browser.close();
  server.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
