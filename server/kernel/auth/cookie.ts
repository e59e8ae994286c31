/**
 * Over HTTPS the names carry `__Host-`, which the browser then binds to this host, to `Secure` and to the path `/`. Lax
 * rather than strict: a link from a chat to an approval must find its reader signed in.
 */
export function sessionCookies(publicUrl: string) {
  const secure = publicUrl.startsWith('https:');
  const cookie = (name: string) => ({
    name: `${secure ? '__Host-' : ''}atom-${name}`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure },
  });
  return {
    secure,
    session: cookie('session'),
    csrf: cookie('csrf'),
    callback: cookie('callback'),
  };
}
