import type { IssuedOptions } from '#server/platform/mfa/schema.ts';
import { messageOf } from '../live/problem.ts';
import { answerWithPasskey } from '../mfa/passkey-client.ts';

export type SignInResult =
  | { status: 'in' }
  /** The password was right; the second factor is asked for. */
  | { status: 'code' }
  | { status: 'refused'; message: string };

const words: Record<string, string> = {
  'session.failed':
    'Name or password is wrong, or the account is locked for a while after too many attempts.',
  'session.code_wrong': 'The code is wrong or was used already. Wait for the next one.',
  'session.passkey_failed':
    'This passkey opens no account here. Use another one, or sign in with your password.',
  'mfa.challenge_gone': 'That took too long. Try again.',
  'mfa.locked': 'Too many wrong codes: second factors are refused for a while.',
  'oidc.unavailable': 'The provider does not answer. Try again, or sign in another way.',
  'oidc.not_admitted': 'Your account at the provider may not sign in here. Ask whoever runs this console.',
  'oidc.account_closed': 'Your account here is suspended. Ask an administrator.',
  'oidc.declined': 'The provider did not sign you in.',
  'oidc.too_late': 'That took too long. Start again.',
  'oidc.other_browser': 'That sign-in was begun in another browser. Start again here.',
  'oidc.state_unknown': 'That answer belongs to no sign-in that waits for one. Start again.',
  'oidc.linked_elsewhere': 'That account at the provider opens another account here already.',
  'oidc.link_lost': 'Your session had ended before the provider answered. Start again.',
  'user.last_admin': 'The provider takes away the last administrator’s role. Ask whoever runs this console.',
  'request.rate_limited': 'Too many attempts. Wait half a minute and try again.',
};
const unreachable = 'The console did not answer. Check the connection and try again.';

/** Why a visit to the provider ended here, in words; a code nobody foresaw is a refusal all the same. */
export const providerWords = (code: string): string =>
  words[code] ??
  'What the provider answered does not hold. Start again; if it stays so, ask whoever runs this console.';

export const submitSignIn = (input: {
  name: string;
  password: string;
  code?: string;
}): Promise<SignInResult> => submit('credentials', input);

/** Whichever passkey the person picks says whose it is. */
export async function signInWithPasskey(ask: () => Promise<IssuedOptions>): Promise<SignInResult> {
  try {
    const asked = await ask();
    const response = await answerWithPasskey(asked);
    return await submit('passkey', {
      challengeId: asked.challengeId,
      response: JSON.stringify(response),
    });
  } catch (error) {
    return { status: 'refused', message: messageOf(error) };
  }
}

async function submit(way: 'credentials' | 'passkey', input: Record<string, string>): Promise<SignInResult> {
  try {
    const response = await post(`/api/auth/callback/${way}`, input);
    const { url } = (await response.json()) as { url?: string };
    const answer = new URL(url ?? '?error=internal', window.location.href).searchParams;
    const code = answer.has('csrf') ? 'internal' : answer.get('error'); // a stale token leads back to the start
    if (response.ok && !code) return { status: 'in' };
    if (code === 'session.code_needed') return { status: 'code' };
    return { status: 'refused', message: words[code ?? ''] ?? 'Signing in failed on our side. Try again.' };
  } catch {
    return { status: 'refused', message: unreachable };
  }
}

/** To the door, and from there back to this page. */
export function goToSignIn(): void {
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}

/** Ends the session in the database and takes the cookie away; then nothing of the page may stay. */
export async function signOut(): Promise<void> {
  await post('/api/auth/signout', {});
  window.location.assign('/sign-in');
}

async function post(path: string, fields: Record<string, string>): Promise<Response> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string };
  return fetch(path, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, csrfToken, json: 'true', callbackUrl: '/' }),
  });
}
