import {
  type DraftView,
  type PolicyDetail,
  type PolicyRow,
  policyContent,
} from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';

/** What the editor holds: as it was typed, finished or not. A draft is exactly this. */
export interface Fields {
  id: string;
  kind: PolicyRow['kind'];
  tenant: string;
  regions: string;
  document: string;
  staleness: 'serve' | 'deny' | 'close';
  seconds: number;
  labels: Record<string, string>;
  expires: string | null;
  reason: string;
}

export interface Issue {
  field: string;
  message: string;
}

export const exampleOf = (kind: PolicyRow['kind']): string =>
  JSON.stringify(policyKindNames[kind].example, null, 2);

export const blank = (kind: PolicyRow['kind'] = 'residency'): Fields => ({
  id: '',
  kind,
  tenant: '',
  regions: '',
  document: exampleOf(kind),
  staleness: 'serve',
  seconds: 60,
  labels: {},
  expires: null,
  reason: '',
});

export const fieldsOfPolicy = (policy: PolicyDetail): Fields => ({
  id: policy.id,
  kind: policy.kind,
  tenant: policy.scope.tenant ?? '',
  regions: policy.scope.regions.join(', '),
  document: JSON.stringify(policy.document, null, 2),
  staleness: typeof policy.staleness === 'object' ? 'close' : policy.staleness,
  seconds: typeof policy.staleness === 'object' ? policy.staleness.failClosedAfterSeconds : 60,
  labels: policy.scope.labels,
  expires: policy.version?.expires ?? null,
  reason: '',
});

/** A draft of an older console may lack a field: what it says goes over what is there. */
export function fieldsOfDraft(draft: DraftView, over: Fields): Fields {
  const known = Object.entries(over).flatMap(([name, value]) => {
    const drafted = draft.content[name];
    return typeof drafted === typeof value || (name === 'expires' && typeof drafted === 'string')
      ? [[name, drafted]]
      : [];
  });
  return { ...over, ...(Object.fromEntries(known) as Partial<Fields>), id: draft.id };
}

const list = (value: string) => value.split(/[\s,]+/).filter(Boolean);

export function parsedDocument(
  document: string,
): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(document) };
  } catch (error) {
    return { ok: false, message: `Not JSON yet: ${(error as Error).message}` };
  }
}

/** What would be published. */
export function contentOf(fields: Fields) {
  const document = parsedDocument(fields.document);
  return {
    id: fields.id.trim(),
    kind: fields.kind,
    scope: {
      regions: list(fields.regions),
      labels: fields.labels,
      ...(fields.tenant.trim() ? { tenant: fields.tenant.trim() } : {}),
    },
    document: document.ok ? document.value : null,
    staleness: fields.staleness === 'close' ? { failClosedAfterSeconds: fields.seconds } : fields.staleness,
    expires: fields.expires,
  };
}

/** The server's own schema, here already: what it says now is what it would say later. */
export function issuesOf(fields: Fields): Issue[] {
  const document = parsedDocument(fields.document);
  if (!document.ok) return [{ field: 'document', message: document.message }];
  const content = contentOf(fields);
  const parsed = policyContent.safeParse(content);
  if (parsed.success) return [];
  const found = parsed.error.issues.map(issue => ({ field: issue.path.join('.'), message: issue.message }));
  // The schema looks into the document only once everything around it is right; here both are wanted at once.
  const inside = policyContent.safeParse({ ...content, id: 'x', scope: {}, staleness: 'serve' });
  const more = inside.success
    ? []
    : inside.error.issues.map(issue => ({ field: issue.path.join('.'), message: issue.message }));
  return [...found, ...more.filter(m => !found.some(f => f.field === m.field && f.message === m.message))];
}
