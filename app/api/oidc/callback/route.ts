import { lead, visitorOf } from '#kernel/auth/visit.ts';
import { finishVisit } from '#server/root.ts';

export async function GET(request: Request): Promise<Response> {
  const { from, ...answer } = await visitorOf(request);
  const end = await finishVisit(from, answer);
  if (end.status === 'in') return lead(end.next, { browser: null, sessionId: end.opened.sessionId });
  return lead(end.status === 'refused' ? `${end.next}?error=${end.code}` : `${end.next}?connected=1`, {
    browser: null,
  });
}
