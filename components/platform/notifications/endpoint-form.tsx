'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input } from '#components/ui/input.tsx';
import { kinds } from '#server/platform/notifications/schema/terms.ts';
import type { EndpointRow, Kind } from '#server/platform/notifications/schema.ts';
import { fieldErrors, messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { kindWords } from './words.ts';

interface Props {
  given: EndpointRow | 'new' | null;
  onClose: () => void;
  onSecret: (secret: string) => void;
}

export function EndpointForm({ given, onClose, onSecret }: Props) {
  return (
    <Dialog
      open={given !== null}
      onOpenChange={open => !open && onClose()}
      title={given === 'new' ? 'New endpoint' : 'Edit the endpoint'}
      description="Called by POST, signed with a secret of its own. Needs a second factor given within ten minutes."
    >
      {given ? <Form given={given} onClose={onClose} onSecret={onSecret} /> : null}
    </Dialog>
  );
}

function Form({ given, onClose, onSecret }: Props & { given: EndpointRow | 'new' }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const old = given === 'new' ? null : given;
  const [name, setName] = useState(old?.name ?? '');
  const [url, setUrl] = useState('');
  const [chosen, setChosen] = useState<readonly Kind[]>(old?.kinds ?? kinds);
  const [error, setError] = useState<unknown>(null);
  const done = async () => {
    await queries.invalidateQueries(trpc.notifications.pathFilter());
    onClose();
  };
  const create = useStepUpMutation(
    trpc.notifications.createEndpoint.mutationOptions({
      onSuccess: async made => {
        await done();
        onSecret(made.secret);
      },
      onError: setError,
    }),
  );
  const update = useStepUpMutation(
    trpc.notifications.updateEndpoint.mutationOptions({ onSuccess: done, onError: setError }),
  );
  const fields = fieldErrors(error);
  const submit = () => {
    setError(null);
    if (!old) return create.mutate({ name, url, kinds: [...chosen] });
    update.mutate({
      id: old.id,
      version: old.version,
      name,
      kinds: [...chosen],
      ...(url.trim() ? { url } : {}),
    });
  };
  const other = error && Object.keys(fields).length === 0 ? messageOf(error) : null;
  return (
    <form
      className="grid gap-4"
      onSubmit={event => {
        event.preventDefault();
        submit();
      }}
    >
      <Field label="Name" error={fields.name}>
        {props => (
          <Input {...props} value={name} onChange={event => setName(event.target.value)} maxLength={60} />
        )}
      </Field>
      <Field
        label="Address"
        error={fields.url}
        hint={
          old
            ? `Now ${old.url}. Leave empty to keep it.`
            : 'A public http or https address; private ones must be listed in ATOM_ALLOWED_HOSTS.'
        }
      >
        {props => (
          <Input
            {...props}
            value={url}
            onChange={event => setUrl(event.target.value)}
            inputMode="url"
            spellCheck={false}
            placeholder="https://"
          />
        )}
      </Field>
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 font-medium">Tell it of</legend>
        {kinds.map(kind => (
          <Checkbox
            key={kind}
            label={kindWords[kind]}
            checked={chosen.includes(kind)}
            onChange={event =>
              setChosen(event.target.checked ? [...chosen, kind] : chosen.filter(k => k !== kind))
            }
          />
        ))}
        {fields.kinds ? <p className="text-bad text-sm">{fields.kinds}</p> : null}
      </fieldset>
      {other ? <p className="text-bad">{other}</p> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={create.isPending || update.isPending}>
          {old ? 'Save' : 'Create'}
        </Button>
      </div>
    </form>
  );
}
