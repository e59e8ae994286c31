'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorState } from '#components/console/states.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Checkbox, Field, Input } from '#components/ui/input.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import { kinds } from '#server/platform/notifications/schema/terms.ts';
import type { Kind, Preferences } from '#server/platform/notifications/schema.ts';
import { fieldErrors, messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { TelegramLink } from './telegram-link.tsx';
import { kindWords } from './words.ts';

export function PreferencesPage() {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(trpc.notifications.preferences.queryOptions());
  return (
    <>
      <header className="grid gap-1">
        <h1 className="font-semibold text-xl">Notification settings</h1>
        <p className="text-ink-2">
          How you are told besides the console. Shared channels are told in any case; the bell shows
          everything.
        </p>
      </header>
      {error ? <ErrorState title="Your settings could not be read">{messageOf(error)}</ErrorState> : null}
      {isPending ? <Skeleton className="h-96" /> : null}
      {data ? <PreferencesForm key={data.telegramLinked ? 'linked' : 'free'} given={data} /> : null}
    </>
  );
}

const ways = ['mail', 'slack', 'telegram'] as const;
type Way = (typeof ways)[number];
const wayWords: Record<Way, string> = { mail: 'E-mail', slack: 'Slack', telegram: 'Telegram' };

const timeOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const minutesOf = (time: string) => {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
};
const myZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Why a way reaches nobody yet; null when it does. */
function hint(way: Way, given: Preferences, member: string): string | null {
  if (way === 'mail' && !given.hasMail) return 'your account has no address';
  if (way === 'slack' && member === '') return 'enter your member id below';
  if (way === 'telegram' && !given.telegramLinked) return 'link your chat below';
  return given.connected[way] ? null : 'only recorded: not connected';
}

function PreferencesForm({ given }: { given: Preferences }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [lists, setLists] = useState({ mail: given.mail, slack: given.slack, telegram: given.telegram });
  const [quiet, setQuiet] = useState(given.quiet);
  const [timeZone, setTimeZone] = useState(given.quiet ? given.timeZone : '');
  const [member, setMember] = useState(given.slackMember ?? '');
  const save = useMutation(
    trpc.notifications.savePreferences.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.notifications.preferences.pathFilter());
        toast.success('Saved.');
      },
    }),
  );
  const fields = fieldErrors(save.error);
  const toggle = (way: Way, kind: Kind, on: boolean) =>
    setLists({ ...lists, [way]: on ? [...lists[way], kind] : lists[way].filter(k => k !== kind) });
  const zone = timeZone || (quiet ? given.timeZone : 'UTC');
  return (
    <form
      className="grid gap-4"
      onSubmit={event => {
        event.preventDefault();
        save.mutate({ ...lists, quiet, timeZone: zone, slackMember: member.trim() || null });
      }}
    >
      <Card title="Which kinds by which channel">
        <ScrollArea label="Which kinds by which channel" className="p-3.5">
          <table className="w-full text-left">
            <thead>
              <tr>
                <td />
                {ways.map(way => (
                  <th key={way} scope="col" className="px-2 pb-2 align-top font-medium">
                    <span className="whitespace-nowrap">{wayWords[way]}</span>
                    <span className="block font-normal text-ink-3 text-sm">{hint(way, given, member)}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {kinds.map(kind => (
                <tr key={kind} className="border-t">
                  <th scope="row" className="py-2 pr-2 font-normal">
                    {kindWords[kind]}
                  </th>
                  {ways.map(way => (
                    <td key={way} className="px-2">
                      <Checkbox
                        label={<span className="sr-only">{`${kindWords[kind]} by ${wayWords[way]}`}</span>}
                        checked={lists[way].includes(kind)}
                        onChange={event => toggle(way, kind, event.target.checked)}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      </Card>
      <Card title="Quiet hours">
        <div className="grid gap-3 p-3.5">
          <Checkbox
            label="Hold messages back during these hours, except critical ones"
            checked={quiet !== null}
            onChange={event => {
              setQuiet(event.target.checked ? { from: 22 * 60, to: 7 * 60 } : null);
              if (event.target.checked && !timeZone) setTimeZone(myZone());
            }}
          />
          {quiet ? (
            <div className="grid gap-3 sm:grid-cols-3">
              <Field label="From">
                {props => (
                  <Input
                    {...props}
                    type="time"
                    required
                    value={timeOf(quiet.from)}
                    onChange={event => setQuiet({ ...quiet, from: minutesOf(event.target.value) })}
                  />
                )}
              </Field>
              <Field label="To">
                {props => (
                  <Input
                    {...props}
                    type="time"
                    required
                    value={timeOf(quiet.to)}
                    onChange={event => setQuiet({ ...quiet, to: minutesOf(event.target.value) })}
                  />
                )}
              </Field>
              <Field label="Time zone" error={fields.timeZone}>
                {props => (
                  <Input {...props} value={zone} onChange={event => setTimeZone(event.target.value)} />
                )}
              </Field>
            </div>
          ) : null}
        </div>
      </Card>
      <Card title="Where you are">
        <div className="grid gap-4 p-3.5 sm:grid-cols-2">
          <Field
            label="Slack member id"
            error={fields.slackMember}
            hint="In Slack: your profile, then Copy member ID. Empty: no direct messages."
          >
            {props => (
              <Input
                {...props}
                value={member}
                onChange={event => setMember(event.target.value.toUpperCase())}
                spellCheck={false}
                placeholder="U024BE7LH"
              />
            )}
          </Field>
          <TelegramLink linked={given.telegramLinked} connected={given.connected.telegram} />
        </div>
      </Card>
      {save.error && Object.keys(fields).length === 0 ? (
        <p className="text-bad">{messageOf(save.error)}</p>
      ) : null}
      <div>
        <Button kind="primary" type="submit" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
