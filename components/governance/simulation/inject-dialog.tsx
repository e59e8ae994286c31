'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ScenarioRow } from '#server/governance/simulation/schema/faults.ts';
import { TargetField } from './target-fields.tsx';

const strengths = [0.3, 0.5, 0.8, 1];

export function InjectDialog({ scenario, onClose }: { scenario: ScenarioRow; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [target, setTarget] = useState(scenario.target);
  const [intensity, setIntensity] = useState(scenario.intensity);
  const [minutes, setMinutes] = useState(String(scenario.minutes));
  const [problem, setProblem] = useState<string | null>(null);
  const inject = useMutation(
    trpc.simulations.injectFault.mutationOptions({
      onSuccess: async made => {
        await queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
        toast.success(`${made.title} on ${made.target.id} is under way`);
        onClose();
      },
      onError: error => setProblem(messageOf(error)),
    }),
  );
  const lasting = minutes.trim() === '' ? undefined : Number(minutes);
  const valid = lasting === undefined || (Number.isInteger(lasting) && lasting >= 1 && lasting <= 1440);
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose()}
      title={`Inject: ${scenario.title.toLowerCase()}`}
      description={scenario.what}
    >
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={event => {
          event.preventDefault();
          if (valid && !inject.isPending)
            inject.mutate({
              fault: scenario.id,
              target,
              intensity,
              ...(lasting === undefined ? {} : { minutes: lasting }),
            });
        }}
      >
        <TargetField scenario={scenario} value={target} onChange={setTarget} />
        <Field label="Intensity">
          {props => (
            <Select {...props} value={intensity} onChange={event => setIntensity(Number(event.target.value))}>
              {[...new Set([...strengths, scenario.intensity])]
                .sort((a, b) => a - b)
                .map(strength => (
                  <option key={strength} value={strength}>
                    {strength === 1 ? '1 (all of it)' : strength}
                  </option>
                ))}
            </Select>
          )}
        </Field>
        <Field
          label="Heals by itself after (minutes)"
          hint="Left empty, it lasts until somebody heals it."
          error={valid ? undefined : 'A whole number from 1 to 1440, or nothing.'}
        >
          {props => (
            <Input
              {...props}
              inputMode="numeric"
              value={minutes}
              onChange={event => setMinutes(event.target.value)}
            />
          )}
        </Field>
        <p role="alert" className={problem ? 'text-bad' : 'sr-only'}>
          {problem}
        </p>
        <p className="text-ink-2 text-sm">
          Only the simulated world is touched. The ledger keeps who injected it and who healed it.
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" busy={inject.isPending}>
            Inject
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
