// What to do when something happens: joins socket, microphone and loudspeaker. The state says what is; this acts.
import { call, path } from './api.js';
import { MicrophoneError, Microphone } from './microphone.js';
import { RATE, decode, meter, toFloat } from './pcm.js';
import { Player } from './player.js';
import * as send from './protocol.js';
import { Realtime } from './realtime.js';
import * as stages from './stages.js';
import { MICROPHONE, MUTED } from './words.js';

/** Milliseconds the microphone stays open after letting go: people let go with the last syllable. */
const TAIL = 140;
/** Samples; anything shorter is a slip of the finger. */
const SHORTEST = 24_000 * 0.25;
/** Milliseconds until an unused microphone is closed. */
const IDLE = 30_000;
/** How the names of sounds begin that are no items of the conversation. */
const SAMPLE = 'sample ';

export class Conversation {
  #store;
  #onLevel;
  #socket;
  #player;
  #microphone;
  /** The press under way: `{released, samples, sending}`. */
  #hold = null;
  #idle = 0;
  #clock = stages.initial;
  /** Milliseconds of sound sent in this session; the server's times count from its first sample. */
  #sent = 0;

  /**
   * @param {{get: () => object, dispatch: (action: object) => void}} store
   * @param {(level: number) => void} onLevel 0..1, of whoever is being heard
   */
  constructor(store, onLevel) {
    this.#store = store;
    this.#onLevel = onLevel;
    this.#player = new Player({
      progress: ({ playing, level }) => {
        if (!this.#hold) onLevel(meter(level));
        store.dispatch({ type: 'playback', playing });
      },
      muted: () => store.dispatch({ type: 'notice', level: 'info', code: 'muted', message: MUTED }),
    });
    this.#microphone = new Microphone(
      (pcm, level) => this.#heard(pcm, level),
      () => this.#microphoneFailed(new MicrophoneError('lost')),
    );
    this.#socket = new Realtime({
      connecting: () => store.dispatch({ type: 'connecting' }),
      event: (event) => this.#received(event),
      lost: (retryMs) => {
        this.#abandon();
        this.#player.stop();
        onLevel(0);
        store.dispatch({ type: 'lost', retryMs });
      },
    });
  }

  talkTo(persona) {
    this.#abandon();
    this.#player.stop();
    this.#store.dispatch({ type: 'persona', id: persona });
    this.#socket.connect(persona);
  }

  retry() {
    this.#socket.retry();
  }

  /** Somebody is there: what is said unasked may sound from here. */
  touched() {
    this.#player.unlock();
  }

  /** The button goes down. */
  async press() {
    const { connection, handsFree } = this.#store.get();
    if (connection !== 'open' || handsFree || this.#hold) return;
    const hold = { released: false, samples: 0, sending: false };
    this.#hold = hold;
    clearTimeout(this.#idle);
    this.#store.dispatch({ type: 'hold' });
    this.#player.unlock();
    this.hush();
    try {
      await this.#microphone.open({ handsFree: false });
    } catch (error) {
      if (this.#hold === hold) this.#hold = null;
      this.#microphoneFailed(error);
      return;
    }
    this.#store.dispatch({ type: 'mic', mic: 'on' });
    if (this.#hold !== hold) return;
    if (hold.released) {
      // The browser's own question got in between: nothing was said yet.
      this.#hold = null;
      this.#restLater();
      return;
    }
    this.#socket.send(send.clear());
    hold.sending = true;
  }

  /** The button comes up. */
  async release() {
    const hold = this.#hold;
    if (!hold || hold.released) return;
    hold.released = true;
    this.#store.dispatch({ type: 'release' });
    if (!hold.sending) return;
    await new Promise((resolve) => setTimeout(resolve, TAIL));
    await this.#microphone.flush();
    if (this.#hold !== hold) return;
    this.#hold = null;
    this.#onLevel(0);
    this.#restLater();
    if (hold.samples < SHORTEST) {
      this.#socket.send(send.clear());
      this.#store.dispatch({ type: 'notice', level: 'info', code: 'too_short', message: 'That was very short. Hold the button while you speak.' });
      return;
    }
    this.#time({ type: 'committed' });
    this.#socket.send(send.commit());
    this.#socket.send(send.respond());
  }

  async setHandsFree(on) {
    this.#abandon();
    this.#store.dispatch({ type: 'hands-free', on });
    this.#socket.send(send.sessionUpdate(on));
    if (!on) {
      this.#microphone.close();
      this.#onLevel(0);
      return;
    }
    clearTimeout(this.#idle);
    this.#player.unlock();
    try {
      await this.#microphone.open({ handsFree: true });
      if (this.#store.get().handsFree) this.#store.dispatch({ type: 'mic', mic: 'on' });
    } catch (error) {
      this.#microphoneFailed(error);
      this.#socket.send(send.sessionUpdate(false));
    }
  }

  say(text) {
    this.#player.unlock();
    this.hush();
    if (!this.#socket.send(send.say(text))) return false;
    this.#socket.send(send.respond());
    this.#time({ type: 'typed' });
    this.#store.dispatch({ type: 'typed', text });
    return true;
  }

  answer(approval, approve, pin) {
    this.#player.unlock();
    return this.#socket.send(send.answer(approval, approve, pin));
  }

  /** Other arguments than those that were asked about: the question closes and one about these is asked. */
  async change(approval, values) {
    this.#player.unlock();
    this.#store.dispatch({ type: 'changing', id: approval });
    try {
      await call('POST', path(['agentic', 'approvals', approval]), { decision: 'approve', arguments: values });
    } catch (error) {
      this.#store.dispatch({ type: 'changing', id: null });
      throw error;
    }
  }

  /** Lets a persona say how it greets, in its own voice. */
  async sample(persona) {
    this.hush();
    const player = this.#player;
    player.unlock();
    const body = { input: persona.greeting || `Hello, this is ${persona.name}.`, voice: persona.voice?.id, speed: persona.voice?.speed, response_format: 'pcm' };
    const answer = await fetch('/v1/audio/speech', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`speech answered ${answer.status}`);
    const bytes = await answer.arrayBuffer();
    const item = `${SAMPLE}${persona.id}`;
    await player.stop();
    await player.push(item, toFloat(new Int16Array(bytes, 0, bytes.byteLength >> 1)));
    player.end(item);
  }

  /** Silence at once, and no more of this reply. */
  hush() {
    const { responding, playing } = this.#store.get();
    if (responding) this.#socket.send(send.cancel());
    if (responding || playing) this.#cut();
  }

  /** Stops the sound and tells the server how much of it was heard. */
  async #cut() {
    const stopped = this.#player.stop();
    this.#store.dispatch({ type: 'silence' });
    for (const { id, ms } of await stopped) if (!id.startsWith(SAMPLE)) this.#socket.send(send.truncate(id, ms));
  }

  #received(event) {
    const { silenced, playing, handsFree } = this.#store.get();
    this.#store.dispatch({ type: 'server', event });
    this.#time(event.type === 'input_audio_buffer.speech_stopped' ? { ...event, behind: Math.max(0, this.#sent - event.audio_end_ms) } : event);
    switch (event.type) {
      case 'session.created':
        this.#sent = 0;
        this.#socket.send(send.sessionUpdate(handsFree));
        break;
      case 'response.output_audio.delta':
        if (!silenced.includes(event.response_id)) this.#player.push(event.item_id, toFloat(decode(event.delta)));
        break;
      case 'response.output_audio.done':
        this.#player.end(event.item_id);
        break;
      case 'response.done': // what the server has cut, such as a reminder that began as the button went down
        if (event.response.status === 'cancelled') this.#player.stop();
        break;
      case 'input_audio_buffer.speech_started':
        if (playing) this.#cut();
        break;
      default:
    }
  }

  /** Notes when it happened, and tells the line that it completes how long it took. */
  #time(event) {
    this.#clock = stages.clock(this.#clock, event, performance.now());
    const { items, approvals } = this.#clock;
    const [kind, id, moments] = {
      'conversation.item.input_audio_transcription.completed': ['you', event.item_id, items],
      'response.output_audio.delta': ['persona', event.item_id, items],
      'homepilot.outcome': ['outcome', event.approval_id, approvals],
    }[event.type] ?? [];
    if (!id || !moments[id]) return;
    const wanted = { you: ['understood'], persona: ['first word', 'first sound'], outcome: ['your answer', 'done'] }[kind];
    const text = stages.inWords(stages.stages(moments[id]).filter(({ name }) => wanted.includes(name)));
    const key = `${kind}:${id}`;
    if (text && this.#store.get().entries.find((entry) => entry.key === key)?.took !== text) this.#store.dispatch({ type: 'took', key, text });
  }

  #heard(pcm, level) {
    const { handsFree, connection, playing } = this.#store.get();
    const wanted = handsFree ? connection === 'open' : this.#hold?.sending;
    if (!wanted) return;
    if (this.#hold) this.#hold.samples += pcm.length;
    if (!handsFree || !playing) this.#onLevel(meter(level));
    this.#socket.send(send.append(pcm));
    this.#sent += (pcm.length * 1000) / RATE;
  }

  /** Forgets a press that is under way. */
  #abandon() {
    if (!this.#hold) return;
    this.#hold = null;
    this.#store.dispatch({ type: 'release' });
    this.#onLevel(0);
    this.#restLater();
  }

  #restLater() {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#store.get().handsFree || this.#hold) return;
      this.#microphone.close();
      this.#store.dispatch({ type: 'mic', mic: 'off' });
    }, IDLE);
  }

  #microphoneFailed(error) {
    const code = error instanceof MicrophoneError ? error.code : 'failed';
    console.warn('microphone', code, error.cause ?? error);
    this.#hold = null;
    this.#onLevel(0);
    this.#store.dispatch({ type: 'mic-failed', code, message: MICROPHONE[code] });
  }
}
