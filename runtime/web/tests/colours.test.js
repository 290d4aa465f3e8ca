import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const css = readFileSync(new URL('../tokens.css', import.meta.url), 'utf8');
const [light, dark] = css.split('@media (prefers-color-scheme: dark)').map((part) =>
  Object.fromEntries([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])));

const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
const luminance = (rgb) => rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const mix = (a, b, share) => a.map((c, at) => c * share + b[at] * (1 - share));

const TONES = ['idle', 'listening', 'hearing', 'thinking', 'asking', 'doing', 'speaking', 'away', 'bad'];

for (const [name, of] of Object.entries({ light, dark })) {
  const colour = (token) => channels(of[token]);
  test(`${name}: text can be read on every ground it stands on`, () => {
    for (const text of ['ink', 'soft', ...TONES]) {
      for (const ground of ['paper', 'raised']) {
        const ratio = contrast(colour(text), colour(ground));
        assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
      }
    }
    for (const text of ['ink', 'soft']) {
      const ratio = contrast(colour(text), colour('sunk'));
      assert.ok(ratio >= 4.5, `${text} on sunk: ${ratio.toFixed(2)}`);
    }
  });

  test(`${name}: a tone can be read on its own tint, and what stands on a tone on it`, () => {
    for (const tone of TONES) {
      const tint = contrast(colour(tone), mix(colour(tone), colour('paper'), 0.11));
      assert.ok(tint >= 4.5, `${tone} on its tint: ${tint.toFixed(2)}`);
      const on = contrast(colour('on-tone'), colour(tone));
      assert.ok(on >= 4.5, `text on ${tone}: ${on.toFixed(2)}`);
    }
  });

  test(`${name}: the edge of what can be pressed is seen`, () => {
    for (const ground of ['paper', 'raised']) {
      const ratio = contrast(colour('edge'), colour(ground));
      assert.ok(ratio >= 3, `edge on ${ground}: ${ratio.toFixed(2)}`);
    }
  });
}
