import assert from 'node:assert/strict';
import test from 'node:test';
import { look, nameOf, suggestion, whereTo } from '../addresses.js';

test('an address says whose it is', () => {
  for (const [address, provider] of [
    ['https://actions.zapier.com/mcp/abc', 'zapier'],
    ['https://api.klavis.ai/mcp/gmail/key', 'klavis'],
    ['https://x1.api.infobip.com/mcp', 'infobip'],
    ['mcp.viasocket.com/gmail/key', 'viasocket'],
    ['http://localhost:9300', 'own'],
    ['http://192.168.1.7:9300/mcp', 'own'],
    ['https://zapier.com.evil.example/mcp', null],
    ['https://notzapier.com/mcp', null],
    ['env:ZAPIER_URL', null],
  ]) assert.equal(look(address).provider, provider, address);
});

test('what can’t work, or would be read on the way, is said before it is sent', () => {
  assert.match(look('ht tp://x').problem, /no address/);
  assert.match(look('file:///etc/passwd').problem, /https/);
  assert.match(look('https://actions.zapier.com/mcp/YOUR_ENDPOINT_ID').problem, /your own key/);
  assert.match(look('http://mcp.example.com/key').problem, /not encrypted/);
  assert.equal(look('http://127.0.0.1:9300').problem, '');
  assert.equal(look('').problem, '');
});

test('a good name is made of the provider and its service, never of the key', () => {
  assert.equal(suggestion('https://api.klavis.ai/mcp/gmail/s3cr3t'), 'klavis-gmail');
  assert.equal(suggestion('https://actions.zapier.com/mcp/s3cr3t'), 'zapier');
  assert.equal(suggestion('https://mcp.example.com/s3cr3t'), 'example');
  assert.equal(suggestion('http://localhost:9300'), 'my-server');
  assert.equal(nameOf(' My Mail (work)! '), 'my-mail-work');
});

test('where a call goes', () => {
  assert.equal(whereTo({ origin: 'builtin', url: 'http://127.0.0.1:9101/…' }), 'Stays on this computer');
  assert.equal(whereTo({ origin: 'connector', url: 'http://127.0.0.1:9301/…' }), 'Goes out through your own account');
  assert.equal(whereTo({ origin: 'user', url: 'https://actions.zapier.com/…' }), 'Goes to actions.zapier.com');
  assert.equal(whereTo({ origin: 'user', url: 'http://10.0.0.4:9300/…' }), 'Goes to 10.0.0.4:9300, in your own network');
  assert.equal(whereTo({ origin: 'user', url: 'stdio: npx' }), 'Goes to a program on this computer');
  assert.equal(whereTo(undefined), '');
});
