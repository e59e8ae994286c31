import { lead, visitorOf } from '#kernel/auth/visit.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { beginVisit } from '#server/root.ts';

export async function GET(request: Request): Promise<Response> {
  const { from, query, sessionId } = await visitorOf(request);
  const ticket = query.get('ticket');
  try {
    const { url, browser } = await beginVisit(from, { next: query.get('next'), ticket, sessionId });
    return await lead(url, { browser });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return lead(`${ticket ? '/settings/security' : '/sign-in'}?error=${error.code}`);
  }
}
