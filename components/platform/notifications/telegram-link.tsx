'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { toast } from '#components/ui/toast.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';

/** The chat proves itself: a code shown here is sent to the bot from there. */
export function TelegramLink({ linked, connected }: { linked: boolean; connected: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const failed = (error: unknown) => void toast.error(messageOf(error));
  const offer = useMutation(trpc.notifications.linkTelegram.mutationOptions({ onError: failed }));
  const drop = useMutation(
    trpc.notifications.unlinkTelegram.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.notifications.preferences.pathFilter()),
      onError: failed,
    }),
  );
  return (
    <div className="grid content-start gap-1.5">
      <span className="font-medium">Telegram chat</span>
      {linked ? (
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-ink-2">Your chat is linked.</span>
          <Button size="sm" busy={drop.isPending} onClick={() => drop.mutate()}>
            Unlink
          </Button>
        </div>
      ) : offer.data ? (
        <p className="flex flex-wrap items-center gap-2 text-ink-2">
          Send{' '}
          <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-ink">{`/start ${offer.data.code}`}</code>
          <CopyButton text={`/start ${offer.data.code}`} label="Copy" /> to the bot before it expires (
          <Time at={offer.data.until} />
          ).
        </p>
      ) : (
        <div>
          <Button
            size="sm"
            busy={offer.isPending}
            onClick={() => offer.mutate()}
            why={connected ? null : 'Telegram is not connected.'}
          >
            Link a chat
          </Button>
        </div>
      )}
    </div>
  );
}
