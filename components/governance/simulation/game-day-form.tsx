'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ScenarioRow } from '#server/governance/simulation/schema/faults.ts';
import { TargetField } from './target-fields.tsx';
import { weekdays } from './words.ts';

const ways = {
  rehearsal: 'rehearsal on a copy, at once',
  live: 'live, in the world everybody sees',
  weekly: 'live, every week',
} as const;
type Way = keyof typeof ways;

export function GameDayForm({
  scenarios,
  onStarted,
}: {
  scenarios: ScenarioRow[];
  onStarted: (id: string) => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('fault:inject');
  const days = scenarios.filter(s => s.gameDay);
  const [id, setId] = useState(days[0]?.id);
  const scenario = days.find(s => s.id === id);
  const [target, setTarget] = useState(scenario?.target);
  const [way, setWay] = useState<Way>('rehearsal');
  const [weekday, setWeekday] = useState(1);
  const [time, setTime] = useState('03:00');
  const changed = () => queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
  const onError = (error: unknown) => void toast.error(messageOf(error));
  const start = useMutation(
    trpc.simulations.startGameDay.mutationOptions({
      onSuccess: async day => {
        await changed();
        onStarted(day.id);
      },
      onError,
    }),
  );
  const schedule = useMutation(
    trpc.simulations.schedule.mutationOptions({
      onSuccess: async row => {
        await changed();
        toast.success(`${row.title} is held every ${weekdays[row.weekday]}`);
      },
      onError,
    }),
  );
  if (!scenario || !target) return null;
  const submit = () => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    if (way === 'weekly') schedule.mutate({ scenario: scenario.id, target, weekday, hour, minute });
    else start.mutate({ scenario: scenario.id, target, mode: way });
  };
  return (
    <Card title="Hold a game day">
      <form
        className="grid items-end gap-3 p-3.5 sm:grid-cols-2 lg:grid-cols-4"
        onSubmit={event => {
          event.preventDefault();
          if (!why && !start.isPending && !schedule.isPending) submit();
        }}
      >
        <Field label="Scenario">
          {props => (
            <Select
              {...props}
              value={scenario.id}
              onChange={event => {
                const next = days.find(s => s.id === event.target.value);
                if (!next) return;
                setId(next.id);
                setTarget(next.target);
              }}
            >
              {days.map(s => (
                <option key={s.id} value={s.id}>
                  {s.title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <TargetField scenario={scenario} value={target} onChange={setTarget} />
        <Field label="How">
          {props => (
            <Select {...props} value={way} onChange={event => setWay(event.target.value as Way)}>
              {Object.entries(ways).map(([key, said]) => (
                <option key={key} value={key}>
                  {said}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {way === 'weekly' ? (
          <>
            <Field label="Day">
              {props => (
                <Select {...props} value={weekday} onChange={event => setWeekday(Number(event.target.value))}>
                  {weekdays.map((day, i) => (
                    <option key={day} value={i}>
                      {day}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label="Time (UTC)">
              {props => (
                <Input
                  {...props}
                  type="time"
                  required
                  value={time}
                  onChange={event => setTime(event.target.value)}
                />
              )}
            </Field>
          </>
        ) : null}
        <Button kind="primary" type="submit" busy={start.isPending || schedule.isPending} why={why}>
          {way === 'weekly' ? 'Schedule' : way === 'live' ? 'Break it' : 'Rehearse'}
        </Button>
      </form>
      <p className="px-3.5 pb-3 text-ink-2">
        {scenario.what} {way === 'live' ? `It is healed after ${scenario.minutes} minutes.` : ''}
      </p>
    </Card>
  );
}
