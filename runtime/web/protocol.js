// The events this page sends. Pure. Shapes: OpenAI's Realtime API; `include: ["homepilot"]` asks for our own events too.
import { RATE, encode } from './pcm.js';

const FORMAT = { type: 'audio/pcm', rate: RATE };

export function sessionUpdate(handsFree) {
  // Without `silence_duration_ms` the words decide how long a pause is waited out.
  const turns = {
    type: 'server_vad',
    threshold: 0.5,
    prefix_padding_ms: 300,
    create_response: true,
    interrupt_response: true,
  };
  return {
    type: 'session.update',
    session: {
      type: 'realtime',
      include: ['homepilot'],
      output_modalities: ['audio'],
      audio: {
        input: { format: FORMAT, turn_detection: handsFree ? turns : null },
        output: { format: FORMAT },
      },
    },
  };
}

export const append = (pcm) => ({ type: 'input_audio_buffer.append', audio: encode(pcm) });
export const commit = () => ({ type: 'input_audio_buffer.commit' });
export const clear = () => ({ type: 'input_audio_buffer.clear' });
export const respond = () => ({ type: 'response.create' });
export const cancel = () => ({ type: 'response.cancel' });

export const truncate = (id, ms) => ({
  type: 'conversation.item.truncate',
  item_id: id,
  content_index: 0,
  audio_end_ms: ms,
});

export const say = (text) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
});

export const answer = (approval, approve, pin) => ({
  type: 'conversation.item.create',
  item: { type: 'mcp_approval_response', approval_request_id: approval, approve, ...(pin ? { pin } : {}) },
});
