'use client';

import { Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import type { PolicyRow } from '#server/policy/hub/schema.ts';
import { DocumentHelp } from './document-help.tsx';
import { policyKindNames } from './kind-words.ts';
import { exampleOf, type Fields, type Issue } from './policy-fields.ts';

interface Props {
  fields: Fields;
  change: (part: Partial<Fields>) => void;
  /** Its id, kind and namespace stay what they are. */
  fixed: boolean;
  /** What the schema says of what is typed now. */
  issues: readonly Issue[];
  /** What the server said of what was sent. */
  errors: Record<string, string>;
}

export function EditorFields({ fields, change, fixed, issues, errors }: Props) {
  const errorOf = (field: string) =>
    errors[field] ?? issues.find(i => i.field === field || i.field.startsWith(`${field}.`))?.message;
  const inDocument = issues.filter(i => i.field === 'document' || i.field.startsWith('document.'));
  const choose = (kind: PolicyRow['kind']) =>
    // What somebody wrote stays; an example that nobody touched makes room for the next one.
    change({ kind, ...(fields.document === exampleOf(fields.kind) ? { document: exampleOf(kind) } : {}) });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Id"
          error={fields.id === '' ? errors.id : errorOf('id')}
          hint="Stands in every log; a–z, 0–9, hyphen, dot, underscore."
        >
          {field => (
            <Input
              {...field}
              value={fields.id}
              disabled={fixed}
              onChange={e => change({ id: e.target.value })}
            />
          )}
        </Field>
        <Field label="Kind" hint={policyKindNames[fields.kind].says}>
          {field => (
            <Select
              {...field}
              value={fields.kind}
              disabled={fixed}
              onChange={e => choose(e.target.value as PolicyRow['kind'])}
            >
              {Object.entries(policyKindNames).map(([value, { label }]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Tenant" hint="Empty: every tenant." error={errorOf('scope.tenant')}>
          {field => (
            <Input
              {...field}
              value={fields.tenant}
              disabled={fixed}
              onChange={e => change({ tenant: e.target.value })}
            />
          )}
        </Field>
        <Field
          label="Regions"
          hint="Separated by commas. Empty: everywhere."
          error={errorOf('scope.regions')}
        >
          {field => (
            <Input {...field} value={fields.regions} onChange={e => change({ regions: e.target.value })} />
          )}
        </Field>
      </div>
      <Field
        label="Document"
        error={inDocument[0] ? said(inDocument[0]) : documentError(errors)}
        hint="JSON, checked against the schema of its kind while you type."
      >
        {field => (
          <Textarea
            {...field}
            className="min-h-56 font-mono text-sm"
            spellCheck={false}
            value={fields.document}
            onChange={e => change({ document: e.target.value })}
          />
        )}
      </Field>
      {inDocument.length > 1 ? (
        <ul className="-mt-2 grid gap-0.5 text-bad text-sm" aria-label="More that does not fit">
          {inDocument.slice(1, 6).map(issue => (
            <li key={`${issue.field}${issue.message}`}>{said(issue)}</li>
          ))}
        </ul>
      ) : null}
      <DocumentHelp kind={fields.kind} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="When a relay cannot reach the hub">
          {field => (
            <Select
              {...field}
              value={fields.staleness}
              onChange={e => change({ staleness: e.target.value as Fields['staleness'] })}
            >
              <option value="serve">Go on serving, and say that it may be old</option>
              <option value="close">Serve for a while, then deny</option>
              <option value="deny">Deny at once</option>
            </Select>
          )}
        </Field>
        {fields.staleness === 'close' ? (
          <Field label="Seconds until it denies" error={errorOf('staleness')}>
            {field => (
              <Input
                {...field}
                type="number"
                min={1}
                max={86_400}
                value={fields.seconds}
                onChange={e => change({ seconds: Number(e.target.value) })}
              />
            )}
          </Field>
        ) : null}
      </div>
    </>
  );
}

const said = ({ field, message }: Issue) => `${field.replace(/^document\.?/, '') || 'document'}: ${message}`;

const documentError = (errors: Record<string, string>): string | undefined =>
  Object.entries(errors)
    .filter(([path]) => path.startsWith('document'))
    .map(([field, message]) => said({ field, message }))[0];
