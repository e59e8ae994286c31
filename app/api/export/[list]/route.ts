import { contextOf } from '#kernel/auth/next.ts';
import { exportList } from '#server/export.ts';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ list: string }> },
): Promise<Response> {
  const { list } = await params;
  return exportList(await contextOf(request), list, new URL(request.url).searchParams);
}
