'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Properties } from '#components/console/detail.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { DeliveryAttempt } from '#server/platform/notifications/schema.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { channelWords, effectWords, stateTone, stateWords } from './words.ts';

interface Props {
  id: string | null;
  onClose: () => void;
  onGroup: (key: string) => void;
}

/** One delivery with every try: what was said and what was answered, as the log keeps it. */
export function DeliveryPeek({ id, onClose, onGroup }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const may = useWhyNot('delivery:write');
  const { data, error } = useQuery({
    ...trpc.notifications.delivery.queryOptions({ id: id ?? '' }),
    enabled: id !== null,
  });
  const retry = useMutation(
    trpc.notifications.retry.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.notifications.pathFilter());
        toast.success('It is being sent again.');
      },
      onError: failure => toast.error(messageOf(failure)),
    }),
  );
  return (
    <Drawer
      open={id !== null}
      onOpenChange={open => !open && onClose()}
      title={data?.title ?? 'Delivery'}
      description={data ? `${channelWords[data.channel]} to ${data.to}` : 'Reading the delivery'}
    >
      {error ? (
        <ErrorState title="The delivery could not be read">{messageOf(error)}</ErrorState>
      ) : data ? (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
          <Properties
            items={[
              [
                'State',
                <Pill key="state" tone={stateTone[data.state]}>
                  {stateWords[data.state]}
                </Pill>,
              ],
              ['What it does', data.purpose === 'send' ? 'sends the message' : 'takes the message back'],
              ['Effect', data.effect ? effectWords[data.effect] : null],
              ['Last reason', data.lastError],
              ['Tries', data.attempts],
              ['Asked for', <Time key="created" at={data.createdAt} />],
              data.state === 'waiting'
                ? ['Next try', <Time key="next" at={data.nextAt} />]
                : ['Ended', <Time key="settled" at={data.settledAt} />],
              [
                'Matter',
                <button
                  key="group"
                  type="button"
                  className="link text-left font-mono text-sm [overflow-wrap:anywhere]"
                  onClick={() => onGroup(data.groupKey)}
                >
                  {data.groupKey}
                </button>,
              ],
            ]}
          />
          {data.state === 'dead' ? (
            <div>
              <Button
                kind="primary"
                busy={retry.isPending}
                why={may}
                onClick={() => retry.mutate({ id: data.id })}
              >
                Send again
              </Button>
            </div>
          ) : null}
          <Tries tries={data.tries} />
        </div>
      ) : (
        <Skeleton className="h-60" />
      )}
    </Drawer>
  );
}

function Tries({ tries }: { tries: readonly DeliveryAttempt[] }) {
  if (tries.length === 0) return <p className="text-ink-2">Nothing was called yet.</p>;
  return (
    <section aria-label="Tries" className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
      {tries.map((attempt, i) => (
        <details key={attempt.id} open={i === tries.length - 1} className="rounded-md border">
          <summary className="cursor-pointer px-3 py-2">
            <span className="font-medium">
              {attempt.outcome === 'retry' ? 'try again later' : attempt.outcome}
            </span>
            <span className="text-ink-3">
              {' '}
              · {attempt.millis} ms · <Time at={attempt.at} />
            </span>
          </summary>
          <div className="grid grid-cols-[minmax(0,1fr)] gap-3 border-t p-3">
            <h3 className="text-ink-2">Said</h3>
            <JsonView value={attempt.request} />
            <h3 className="text-ink-2">Answered</h3>
            <JsonView value={attempt.response} />
          </div>
        </details>
      ))}
    </section>
  );
}
