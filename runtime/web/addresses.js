// What a pasted address says about itself. Pure. Addresses carry keys: only the host is ever shown again.

const HOSTS = [
  ['zapier', /(^|\.)zapier\.com$/],
  ['klavis', /(^|\.)klavis\.ai$/],
  ['infobip', /(^|\.)infobip\.com$/],
  ['viasocket', /(^|\.)viasocket\.com$/],
];

/** `env:NAME` stands for an address that the server looks up. */
const NAMED = /^env:[A-Za-z_]\w*$/;

/**
 * @returns {{provider: string|null, host: string, local: boolean, problem: string}}
 * `provider` is an id of the catalogue, `own` for a machine of one's own, null where nobody is recognised.
 */
export function look(text) {
  const none = { provider: null, host: '', local: false, problem: '' };
  const address = text.trim();
  if (address === '' || NAMED.test(address)) return none;
  let url;
  try {
    url = new URL(address.includes('://') ? address : `https://${address}`);
  } catch {
    return { ...none, problem: 'That is no address. It begins with https:// or http://.' };
  }
  if (!['http:', 'https:'].includes(url.protocol)) return { ...none, problem: 'Addresses begin with https:// or http://.' };
  const host = url.hostname;
  const local = isNear(host);
  const provider = HOSTS.find(([, pattern]) => pattern.test(host))?.[0] ?? (local ? 'own' : null);
  if (/YOUR_|<[^>]*>/.test(address)) return { provider, host, local, problem: 'Put your own key where the example has YOUR_….' };
  if (url.protocol === 'http:' && !local) return { provider, host, local, problem: 'This address is not encrypted, so anybody on the way could read its key. Use https:// if the service has it.' };
  return { provider, host, local, problem: '' };
}

function isNear(host) {
  return host === 'localhost' || host.endsWith('.local') || host === '[::1]'
    || /^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(host);
}

/** A name that may be registered, made of what was typed: lower case, figures and single hyphens. */
export function nameOf(text) {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');
}

/** What could be a good name for an address: the provider and the service it names, if the path does. */
export function suggestion(text) {
  const { provider, host } = look(text);
  if (!host) return '';
  const service = /\/(gmail|outlook|whatsapp|calendar|drive|sheets|slack|airtable|notion|github)\b/i.exec(text)?.[1];
  const who = provider === 'own' ? 'my-server' : (provider ?? nameOf(host.split('.').at(-2) ?? host));
  return nameOf(service ? `${who}-${service}` : who);
}

/** Where a call goes, for the card that asks about it. `view` is a registered server. */
export function whereTo(view) {
  if (!view) return '';
  if (view.origin === 'builtin') return 'Stays on this computer';
  if (view.origin === 'connector') return 'Goes out through your own account';
  if (view.url?.startsWith('stdio:')) return 'Goes to a program on this computer';
  const host = /^https?:\/\/([^/]+)/.exec(view.url ?? '')?.[1] ?? '';
  if (!host) return '';
  return isNear(host.replace(/:\d+$/, '')) ? `Goes to ${host}, in your own network` : `Goes to ${host}`;
}
