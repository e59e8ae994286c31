import { contextOf } from '#kernel/auth/next.ts';
import { downloadEvidence } from '#server/policy-downloads.ts';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const id = decodeURIComponent((await params).id);
  return downloadEvidence(await contextOf(request), id, new URL(request.url).searchParams);
}
