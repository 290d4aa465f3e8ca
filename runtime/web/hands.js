// Keyboard, mouse and glass: what a hand does becomes what the conversation is asked to do.

/**
 * @param {Document} page
 * @param {{get: () => object, dispatch: (action: object) => void}} store
 * @param {import('./conversation.js').Conversation} conversation
 * @param {{leave: () => boolean}} question Escape leaves its form before it silences anybody
 */
export function hands(page, store, conversation, question) {
  const part = (id) => page.getElementById(id);
  const talk = part('talk');
  talk.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || store.get().handsFree) return;
    talk.setPointerCapture(event.pointerId);
    conversation.press();
  });
  for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    talk.addEventListener(name, () => conversation.release());
  }
  talk.addEventListener('contextmenu', (event) => event.preventDefault());
  talk.addEventListener('click', (event) => {
    const { handsFree, holding } = store.get();
    if (handsFree) conversation.setHandsFree(false);
    // A click without a pointer is a screen reader's, which can't hold: one to begin, one to end.
    else if (event.detail === 0) holding ? conversation.release() : conversation.press();
  });

  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !page.querySelector('dialog[open]') && !question.leave()) conversation.hush();
    if (!isTalkKey(event, talk)) return;
    event.preventDefault();
    if (event.repeat) return;
    if (store.get().handsFree && event.target === talk) conversation.setHandsFree(false);
    else conversation.press();
  });
  addEventListener('keyup', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    if (isTalkKey(event, talk)) event.preventDefault();
    conversation.release();
  });
  addEventListener('blur', () => conversation.release());
  for (const name of ['pointerup', 'keydown']) addEventListener(name, () => conversation.touched(), { once: true });

  part('hands-free').addEventListener('click', () => conversation.setHandsFree(!store.get().handsFree));
  part('stop').addEventListener('click', () => conversation.hush());
  part('notice-action').addEventListener('click', () => {
    if (store.get().connection === 'lost') conversation.retry();
    else store.dispatch({ type: 'dismiss' });
  });
  part('try-it').addEventListener('click', () => conversation.say(part('try-it').textContent));
  part('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = part('text').value.trim();
    if (text && conversation.say(text)) part('text').value = '';
  });
}

/** The space bar anywhere but where it means something else; on the button itself also Enter. */
function isTalkKey(event, talk) {
  if (event.ctrlKey || event.altKey || event.metaKey || talk.ownerDocument.querySelector('dialog[open]')) return false;
  if (event.target === talk) return event.key === ' ' || event.key === 'Enter';
  return event.key === ' ' && !event.target.closest?.('button, input, textarea, select, a, dialog, summary, [role="radio"]');
}
