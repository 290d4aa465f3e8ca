import assert from 'node:assert/strict';
import test from 'node:test';
import * as send from '../protocol.js';
import { backoff } from '../realtime.js';

test('hands-free asks the server to find the turns, holding does not', () => {
  const turns = (handsFree) => send.sessionUpdate(handsFree).session.audio.input.turn_detection;
  assert.equal(turns(false), null);
  assert.equal(turns(true).type, 'server_vad');
  assert.equal(turns(true).interrupt_response, true);
  assert.deepEqual(send.sessionUpdate(true).session.include, ['homepilot']);
});

test('events have the shapes of the protocol', () => {
  assert.deepEqual(send.append(Int16Array.from([1, -2])), { type: 'input_audio_buffer.append', audio: 'AQD+/w==' });
  assert.deepEqual(send.truncate('item_1', 420), { type: 'conversation.item.truncate', item_id: 'item_1', content_index: 0, audio_end_ms: 420 });
  assert.deepEqual(send.answer('apr_1', true, '4711').item, { type: 'mcp_approval_response', approval_request_id: 'apr_1', approve: true, pin: '4711' });
  assert.deepEqual(send.answer('apr_1', false).item, { type: 'mcp_approval_response', approval_request_id: 'apr_1', approve: false });
  assert.deepEqual(send.say('hello').item.content, [{ type: 'input_text', text: 'hello' }]);
});

test('waiting grows, is capped, and never becomes nothing', () => {
  const full = Array.from({ length: 12 }, (_, attempt) => backoff(attempt, 1));
  assert.deepEqual(full.slice(0, 6), [500, 1000, 2000, 4000, 8000, 15_000]);
  assert.equal(full.at(-1), 15_000);
  assert.equal(backoff(0, 0), 375);
});
