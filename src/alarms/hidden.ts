/** What a channel's error says, without what only the channel may know: its path, its password. */
export function hideSecrets(text: string, url: string): string {
  const { pathname, search, password } = new URL(url);
  const tokens = `${pathname}${search}`.split(/[/?&=]/).filter((each) => each.length >= SHORTEST_TOKEN);
  const secrets = [url, `${pathname}${search}`, pathname, search, password, decoded(password), ...tokens];
  return secrets
    .filter((secret) => secret.length > 1)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** Shorter parts of a path are words such as `services`, which may stand in any text. */
const SHORTEST_TOKEN = 9;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
