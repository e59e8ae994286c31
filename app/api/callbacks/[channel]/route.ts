import { answerCallback } from '#server/callbacks.ts';

export const dynamic = 'force-dynamic';

export async function POST(request: Request, { params }: { params: Promise<{ channel: string }> }) {
  return answerCallback((await params).channel, request);
}
