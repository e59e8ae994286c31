export interface CsrfInput {
  method: string;
  origin: string | null;
  fetchSite: string | null;
  /** Our client sends `x-atom-csrf: 1`; a form or an image of another site cannot. */
  marker: string | null;
  ownOrigins: readonly string[];
}

/**
 * Cookies ride along with requests that other sites cause. A changing request must carry our marker header (which a
 * cross-site page can only send after a preflight that we never answer) and, where the browser says where it comes
 * from, come from our own origin.
 */
export function csrfSafe(input: CsrfInput): boolean {
  if (input.method === 'GET' || input.method === 'HEAD') return true;
  if (input.marker !== '1') return false;
  if (input.fetchSite !== null && input.fetchSite !== 'same-origin') return false;
  return input.origin === null || input.ownOrigins.includes(input.origin);
}
