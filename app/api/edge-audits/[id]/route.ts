import { contextOf } from '#kernel/auth/next.ts';
import { downloadOpenReports } from '#server/policy-downloads.ts';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  return downloadOpenReports(await contextOf(request), (await params).id);
}
