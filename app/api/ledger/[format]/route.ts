import { contextOf } from '#kernel/auth/next.ts';
import { exportLedger } from '#server/ledger-export.ts';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ format: string }> },
): Promise<Response> {
  const { format } = await params;
  return exportLedger(await contextOf(request), format, new URL(request.url).searchParams);
}
