import type { EntryBody, Json } from '#kernel/ledger/event.ts';
import { type DeclaredEvent, type EntryNames, sentenceOf, words } from '#kernel/ledger/reading.ts';
import { redact } from '#kernel/redact/redact.ts';
import type { EntryFilter, ExplainedEntry, WhyEdge, WhyGraph, WhyNode } from './schema.ts';

/** What of an entry may leave: secrets are blanked, and bytes that hold one are not handed out at all. */
export function disclosed(body: EntryBody, bytes: Buffer): { body: EntryBody; text: string | null } {
  const clean = redact(body) as EntryBody;
  const untouched = JSON.stringify(clean) === JSON.stringify(body);
  return { body: clean, text: untouched ? bytes.toString('utf8') : null };
}

/** Which event types a filter by type, system and outcome leaves; null = all. */
export function typesOf(
  filter: Pick<EntryFilter, 'type' | 'system' | 'outcome'>,
  declared: readonly DeclaredEvent[],
): string[] | null {
  if (!filter.type?.length && !filter.system?.length && !filter.outcome?.length) return null;
  const { system = [], outcome = [] } = filter;
  const fitting = declared.filter(
    e =>
      (system.length === 0 || system.includes(e.system)) &&
      (outcome.length === 0 || outcome.includes(e.outcome)),
  );
  if (!filter.type?.length) return fitting.map(e => e.type);
  if (system.length + outcome.length === 0) return filter.type;
  return filter.type.filter(type => fitting.some(e => e.type === type));
}

/** `{from, to}` details are changes; so are `from` and `to` of the entry as a whole. */
export function changesOf(detail: { [key: string]: Json }): ExplainedEntry['changes'] {
  const isChange = (value: Json | undefined): value is { from: Json; to: Json } =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && 'from' in value && 'to' in value;
  const changes = Object.entries(detail).flatMap(([field, value]) =>
    isChange(value) ? [{ field, from: value.from, to: value.to }] : [],
  );
  return isChange(detail)
    ? [{ field: 'state', from: (detail as { from: Json }).from, to: (detail as { to: Json }).to }, ...changes]
    : changes;
}

const channelWords: Record<string, string> = {
  console: 'in the console',
  rest: 'over the REST interface',
  cli: 'on the command line',
  job: 'by a job of the console',
  test: 'in a test',
};
const outcomeWords: Record<string, string> = {
  done: 'It was carried out.',
  refused: 'It was refused: nothing was changed.',
  failed: 'It failed, or found a failure.',
  requested: 'It was asked for; what became of it stands in later entries.',
  noted: 'It records what was seen; nothing was changed by it.',
};

/** Why this entry stands in the ledger, from its own structured facts and from those it is linked with. */
export function justify(
  body: EntryBody,
  outcome: string,
  names: EntryNames,
  why: WhyGraph,
): ExplainedEntry['justification'] {
  const sentence = sentenceOf(body, names);
  const before = why.edges.filter(e => e.to === body.uid).map(e => e.from);
  const after = why.edges.filter(e => e.from === body.uid).map(e => e.to);
  const told = (uids: string[]) =>
    why.nodes.filter(node => uids.includes(node.uid)).map(node => node.sentence);
  const changes = changesOf(body.detail);
  const when = `${body.at.slice(0, 10)} at ${body.at.slice(11, 19)} UTC`;
  const how = body.channel ? (channelWords[body.channel] ?? `by ${body.channel}`) : null;
  const parts = [
    `${sentence}.`,
    `This happened on ${when}${how ? `, ${how}` : ''}${body.procedure ? `, by ${body.procedure}` : ''}.`,
    outcomeWords[outcome] ?? '',
    changes.length > 0
      ? `It changed ${changes.map(c => `${c.field} from ${quoted(c.from)} to ${quoted(c.to)}`).join('; ')}.`
      : '',
    before.length > 0 ? `It followed from: ${told(before).join('; ')}.` : '',
    after.length > 0 ? `What came of it: ${told(after).join('; ')}.` : '',
    body.simulated ? 'It belongs to the simulated world.' : '',
  ];
  const lines: [string, string | null | undefined][] = [
    ['Who', names.actor ? `${names.actor} (${body.actor.kind})` : `${body.actor.kind} ${body.actor.id}`],
    ['What', body.type],
    ['About', body.target ? `${body.target.kind} ${names.target ?? body.target.id}` : null],
    ['When', `${body.at.slice(0, 19).replace('T', ' ')} UTC`],
    ['How', [how, body.procedure].filter(Boolean).join(', ') || null],
    ['Tenant', body.tenant],
    ['Reason', words(body.detail.reason)],
    ['Reference', body.reference],
    ['Trace', body.trace],
  ];
  return {
    summary: parts.filter(Boolean).join(' '),
    lines: lines.flatMap(([label, value]) => (value ? [{ label, value }] : [])),
  };
}

const quoted = (value: unknown) => `“${words(value as Json) || 'nothing'}”`;

/** Kinds of things that live through request, decision, release and execution: their entries are one case. */
const caseKinds = new Set([
  'approval',
  'execution',
  'proposal',
  'release',
  'rollout',
  'failover',
  'incident',
]);
const caseDetails: Record<string, string> = {
  request: 'approval',
  requestId: 'approval',
  approval: 'approval',
  approvalId: 'approval',
  execution: 'execution',
  executionId: 'execution',
  execId: 'execution',
  proposal: 'proposal',
  proposalId: 'proposal',
};

/** The cases an entry belongs to: its target, what its details name, and its reference. */
export function casesOf(body: EntryBody): { targets: string[]; references: string[] } {
  const targets = new Set<string>();
  if (body.target && caseKinds.has(body.target.kind)) targets.add(`${body.target.kind}:${body.target.id}`);
  for (const [key, kind] of Object.entries(caseDetails)) {
    const value = body.detail[key];
    if (typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value)) targets.add(`${kind}:${value}`);
  }
  return { targets: [...targets], references: body.reference ? [body.reference] : [] };
}

export interface Linked {
  /** Order of writing. */
  order: number;
  node: WhyNode;
  body: EntryBody;
}

/** Arrows from causes to effects: named ones first, then the order within each case. */
export function whyEdges(entries: readonly Linked[]): WhyEdge[] {
  const known = new Set(entries.map(e => e.node.uid));
  const edges: WhyEdge[] = entries.flatMap(({ node, body }) =>
    (body.causedBy ?? []).flatMap(from =>
      known.has(from) && from !== node.uid ? [{ from, to: node.uid, kind: 'caused' as const }] : [],
    ),
  );
  const has = (from: string, to: string) => edges.some(e => e.from === from && e.to === to);
  const cases = new Map<string, Linked[]>();
  for (const entry of entries) {
    const { targets, references } = casesOf(entry.body);
    for (const name of [...targets, ...references.map(r => `reference:${r}`)])
      cases.set(name, [...(cases.get(name) ?? []), entry]);
  }
  for (const steps of cases.values()) {
    const inOrder = steps.toSorted((a, b) => a.order - b.order);
    for (const [i, step] of inOrder.entries()) {
      const next = inOrder[i + 1];
      if (next && !next.body.causedBy?.length && !has(step.node.uid, next.node.uid))
        edges.push({ from: step.node.uid, to: next.node.uid, kind: 'followed' });
    }
  }
  return edges;
}
