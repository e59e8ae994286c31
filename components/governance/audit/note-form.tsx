'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';

/** A remark is an entry of its own, linked with the one it is about; nothing is ever edited. */
export function NoteForm({ entry }: { entry: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('audit:write');
  const [text, setText] = useState('');
  const note = useMutation(
    trpc.audits.note.mutationOptions({
      onSuccess: async () => {
        setText('');
        toast.success('Written into the ledger');
        await queries.invalidateQueries({ queryKey: trpc.audits.pathKey() });
      },
    }),
  );
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={event => {
        event.preventDefault();
        if (!why && text.trim()) note.mutate({ text: text.trim(), entry });
      }}
    >
      <div className="min-w-0 flex-1">
        <Field
          label="Add a remark"
          error={note.error ? messageOf(note.error) : undefined}
          hint={why ?? 'It stays, with your name, beside this entry. No secrets, no personal data.'}
        >
          {props => (
            <Input
              {...props}
              value={text}
              maxLength={500}
              readOnly={why !== null}
              onChange={event => setText(event.target.value)}
            />
          )}
        </Field>
      </div>
      <Button type="submit" why={why} busy={note.isPending} className="mb-6">
        Add
      </Button>
    </form>
  );
}
