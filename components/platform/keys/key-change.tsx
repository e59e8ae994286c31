'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Field, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { KeyListRow } from '#server/platform/keys/schema.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { algorithmWords, shortPrint, useWords } from './key-words.ts';

interface Props {
  of: KeyListRow;
  kind: 'rotate' | 'revoke';
  onClose: () => void;
}

const overlaps = [0, 1, 7, 30, 90, 365];

export function KeyChange({ of: key, kind, onClose }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [overlapDays, setOverlapDays] = useState(30);
  const done = (what: string) => ({
    onSuccess: async () => {
      await queries.invalidateQueries(trpc.keys.pathFilter());
      toast.success(`${algorithmWords[key.algorithm]} ${shortPrint(key.id)} is ${what}.`);
    },
  });
  const rotate = useStepUpMutation(trpc.keys.rotate.mutationOptions(done('rotated')));
  const revoke = useStepUpMutation(trpc.keys.revoke.mutationOptions(done('revoked')));
  const name = shortPrint(key.id);
  const uses = key.uses.map(use => useWords[use].title.toLowerCase()).join(' and ');
  const common = {
    open: true,
    onOpenChange: (open: boolean) => !open && onClose(),
    typeName: name,
    needs: 'Needs a second factor given within ten minutes. It is written to the ledger with your name.',
  };
  if (kind === 'revoke')
    return (
      <DangerDialog
        {...common}
        title={`Revoke ${algorithmWords[key.algorithm]} ${name}`}
        blast={
          <>
            Everything this key ever signed is refused from now on, everywhere. It cannot be undone.
            {uses ? ` A generated simulation key follows at once for ${uses}.` : null}
          </>
        }
        action="Revoke"
        onConfirm={reason => revoke.mutateAsync({ id: key.id, reason })}
      />
    );
  return (
    <DangerDialog
      {...common}
      title={`Rotate ${algorithmWords[key.algorithm]} ${name}`}
      blast={`From now on ${successor[key.origin]} signs for ${uses}. What the old key signed counts until its overlap ends.`}
      change={
        <Field label="The old key verifies for" hint="Long enough for whoever verifies to fetch the new key.">
          {props => (
            <Select
              {...props}
              value={overlapDays}
              onChange={event => setOverlapDays(Number(event.target.value))}
            >
              {overlaps.map(days => (
                <option key={days} value={days}>
                  {days === 0 ? 'no time at all' : days === 1 ? '1 day' : `${days} days`}
                </option>
              ))}
            </Select>
          )}
        </Field>
      }
      action="Rotate"
      onConfirm={reason => rotate.mutateAsync({ id: key.id, reason, overlapDays })}
    />
  );
}

const successor: Record<KeyListRow['origin'], string> = {
  generated: 'a newly generated key',
  vault: 'a new version that Vault makes',
  cosign: 'the key that lies at COSIGN_KEY_PATH now (or a simulation key, where none does)',
  file: 'the key that lies at SIGNING_KEY_PATH now (or a simulation key, where none does)',
};
