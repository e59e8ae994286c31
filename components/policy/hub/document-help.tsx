'use client';

import { useMemo } from 'react';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { PolicyRow } from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';
import { fieldsOf } from './schema-help.ts';

/** What may stand in a document of this kind, generated from the schema that checks it. */
export function DocumentHelp({ kind }: { kind: PolicyRow['kind'] }) {
  const fields = useMemo(() => fieldsOf(kind), [kind]);
  return (
    <details className="rounded-md border">
      <summary className="cursor-pointer px-3 py-2 font-medium">
        Fields of a {policyKindNames[kind].label.toLowerCase()} document ({fields.length})
      </summary>
      <ScrollArea label="Fields" className="max-h-72 border-t">
        <dl className="divide-y">
          {fields.map(field => (
            <div key={field.path} className="grid gap-0.5 px-3 py-1.5">
              <dt className="flex flex-wrap items-baseline gap-x-2">
                <code className="break-all font-mono text-sm">{field.path}</code>
                <span className="text-ink-3 text-sm">
                  {field.type}
                  {field.required ? ', required' : ''}
                </span>
              </dt>
              {field.says ? <dd className="text-ink-2 text-sm">{field.says}</dd> : null}
            </div>
          ))}
        </dl>
      </ScrollArea>
    </details>
  );
}
