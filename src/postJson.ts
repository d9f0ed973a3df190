import { printable } from './printable.js';
import { VERSION } from './version.js';

/** Where something is posted to. Both may be secrets: neither stands in any error. */
export interface Destination {
  /** A user and a password in it become basic authentication. */
  url: string;
  /** Becomes `authorization: Bearer ...`. */
  key?: string | undefined;
}

const MOST_OF_ANSWER = 100;

/** Posts a document, and throws unless it was taken within the limit. */
export async function postJson(destination: Destination, document: unknown, limitMs: number): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  const bare = new URL(destination.url);
  bare.username = bare.password = '';
  let answer: Response;
  try {
    answer = await fetch(bare, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `tallyhouse/${VERSION}`,
        ...authorization(destination),
      },
      body: JSON.stringify(document),
      // To follow would be to tell a stranger, and to turn POST into GET.
      redirect: 'manual',
      signal,
    });
    if (answer.ok) return void (await answer.body?.cancel());
  } catch (error) {
    throw new Error(hideSecrets(reasonOf(error, signal), destination), { cause: error });
  }
  const said = hideSecrets(await answer.text().catch(() => ''), destination);
  const shown = printable(said.slice(0, MOST_OF_ANSWER));
  throw new Error(`it answered ${answer.status}${shown ? `: ${shown}` : ''}`);
}

/** A text without what only its destination may know: path, password and key. */
export function hideSecrets(text: string, { url, key }: Destination): string {
  const { pathname, search, password } = new URL(url);
  const tokens = `${pathname}${search}`.split(/[/?&=]/).filter((each) => each.length >= SHORTEST_TOKEN);
  const secrets = [url, `${pathname}${search}`, pathname, search, password, decoded(password), ...tokens];
  return [...secrets, key ?? '']
    .filter((secret) => secret.length > 1)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** Shorter parts of a path are words such as `services`, which may stand in any text. */
const SHORTEST_TOKEN = 9;

function authorization({ url, key }: Destination): Record<string, string> {
  const { username, password } = new URL(url);
  if (key !== undefined) return { authorization: `Bearer ${key}` };
  if (username === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** fetch says only that it failed; why is in its cause, or in the first of several. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  const { cause, message } = error as { cause?: { message?: string; errors?: Error[] }; message: string };
  return cause?.errors?.[0]?.message ?? (cause?.message || message);
}
