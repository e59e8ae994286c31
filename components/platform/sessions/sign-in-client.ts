export type SignInResult =
  | { status: 'in' }
  /** The password was right; the second factor is asked for. */
  | { status: 'code' }
  | { status: 'refused'; message: string };

const words: Record<string, string> = {
  'session.failed':
    'Name or password is wrong, or the account is locked for a while after too many attempts.',
  'session.code_wrong': 'The code is wrong or was used already. Wait for the next one.',
  'request.rate_limited': 'Too many attempts. Wait half a minute and try again.',
};
const unreachable = 'The console did not answer. Check the connection and try again.';

export async function submitSignIn(input: {
  name: string;
  password: string;
  code?: string;
}): Promise<SignInResult> {
  try {
    const response = await post('/api/auth/callback/credentials', input);
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
