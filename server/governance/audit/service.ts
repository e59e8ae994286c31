import type { EntryBody } from '#kernel/ledger/event.ts';
import { declaredEvent, declaredEvents, type Outcome, sentenceOf } from '#kernel/ledger/reading.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { badRange, noSuchEntry } from './errors.ts';
import { noted } from './events.ts';
import { changesOf, disclosed, justify, typesOf } from './rules.ts';
import type {
  AuditEntry,
  EntryFacets,
  EntryFilter,
  EntryList,
  ExplainedEntry,
  LedgerHead,
  ListEntriesInput,
  NoteInput,
} from './schema.ts';
import { whyOf } from './service/why.ts';
import {
  consistencyPath,
  newestCheckpoint,
  originAndKeys,
  provedEntry,
  requiredWitnesses,
  selectWitnesses,
} from './store/tree.ts';
import {
  countFacets,
  type EntryRow,
  everyType,
  findEntry,
  promisedNow,
  searchedTo,
  selectEntries,
  type TypedFilter,
} from './store.ts';

export const typedFilter = <F extends EntryFilter>(filter: F): F & TypedFilter => {
  if (
    filter.from !== undefined &&
    filter.to !== undefined &&
    Date.parse(filter.from) >= Date.parse(filter.to)
  )
    throw badRange();
  const declared = declaredEvents();
  return {
    ...filter,
    types: typesOf(filter, declared),
    routineTypes: declared.filter(e => e.routine).map(e => e.type),
  };
};

export async function listEntries(ctx: ReadContext, input: ListEntriesInput): Promise<EntryList> {
  const filter = typedFilter(input);
  const found = await selectEntries(ctx.db, { ...filter, limit: input.limit + 1 });
  const rows = found.slice(0, input.limit).map(entryOf);
  if (found.length > input.limit) return { rows, next: rows.at(-1)?.uid ?? null, searchedBackTo: null };
  const stopped = input.search ? await searchedTo(ctx.db, filter) : null;
  return { rows, next: stopped?.uid ?? null, searchedBackTo: stopped?.at ?? null };
}

export const bodyOf = (row: Pick<EntryRow, 'body'>): EntryBody =>
  JSON.parse(row.body.toString('utf8')) as EntryBody;
export const outcomeOf = (type: string): Outcome => declaredEvent(type)?.outcome ?? 'done';
const namesOf = (row: EntryRow) => ({ actor: row.actorName, target: row.targetName });

export function entryOf(row: EntryRow): AuditEntry {
  const { body } = disclosed(bodyOf(row), row.body);
  return {
    uid: row.uid,
    at: body.at,
    type: body.type,
    system: declaredEvent(body.type)?.system ?? 'console',
    outcome: outcomeOf(body.type),
    actor: row.actorName ?? `${body.actor.kind}:${body.actor.id}`,
    target: body.target ? `${body.target.kind}:${body.target.id}` : null,
    tenantId: body.tenant ?? null,
    reference: body.reference ?? null,
    channel: body.channel ?? null,
    simulated: body.simulated ?? false,
    detail: body.detail,
    sentence: sentenceOf(body, namesOf(row)),
    index: row.index,
  };
}

export async function readFacets(ctx: ReadContext, filter: EntryFilter): Promise<EntryFacets> {
  const { type: _t, system: _s, outcome: _o, actor: _a, tenant: _n, channel: _c, ...open } = filter;
  const [counts, types] = await Promise.all([countFacets(ctx.db, typedFilter(open)), everyType(ctx.db)]);
  const of = (facet: string) =>
    counts.flatMap(({ facet: f, value, label, n }) =>
      f === facet && value !== null ? [{ value, label: label ?? value, count: n }] : [],
    );
  const counted = of('type');
  const known = new Set(counted.map(t => t.value));
  const grouped = (by: (type: string) => string) => {
    const sums = new Map<string, number>();
    for (const { value, count } of counted) sums.set(by(value), (sums.get(by(value)) ?? 0) + count);
    return [...sums].map(([value, count]) => ({ value, label: value, count }));
  };
  return {
    type: [...counted, ...types.filter(t => !known.has(t)).map(value => ({ value, label: value }))],
    system: grouped(type => declaredEvent(type)?.system ?? 'console'),
    outcome: grouped(outcomeOf),
    actor: of('actor'),
    tenant: of('tenant'),
    channel: of('channel'),
    counted: counts.find(c => c.facet === 'all')?.n ?? 0,
  };
}

export async function explainEntry(ctx: ReadContext, id: string): Promise<ExplainedEntry> {
  const row = await findEntry(ctx.db, id);
  if (!row) throw noSuchEntry(id);
  const { body, text } = disclosed(bodyOf(row), row.body);
  const [why, sealed, published] = await Promise.all([
    whyOf(ctx.db, row),
    provedEntry(ctx.database, row.uid),
    publicKeys(ctx),
  ]);
  const entry = entryOf(row);
  return {
    ...entry,
    procedure: body.procedure ?? null,
    trace: body.trace ?? null,
    state: sealed ? 'sealed' : 'promised',
    justification: justify(body, entry.outcome, namesOf(row), why),
    changes: changesOf(body.detail),
    why,
    proof: {
      uid: row.uid,
      body: text,
      leaf: row.leaf.toString('hex'),
      index: sealed?.index ?? row.index,
      path: sealed?.path.map(step => step.toString('base64')) ?? [],
      checkpoint: sealed?.checkpoint ?? null,
      keys: sealed?.keys ?? published.keys,
      witnessKeys: published.witnessKeys,
      witnessesRequired: published.witnessesRequired,
    },
  };
}

export async function publicKeys(ctx: ReadContext) {
  const [own, witnesses, required] = await Promise.all([
    originAndKeys(ctx.database),
    selectWitnesses(ctx.db),
    requiredWitnesses(ctx.db),
  ]);
  return { ...own, witnesses, witnessKeys: witnesses.flatMap(w => w.keys), witnessesRequired: required };
}

export async function readHead(ctx: ReadContext): Promise<LedgerHead> {
  const [head, promised, { origin, keys, witnesses, witnessesRequired }] = await Promise.all([
    newestCheckpoint(ctx.database),
    promisedNow(ctx.db),
    publicKeys(ctx),
  ]);
  return {
    origin,
    size: head?.size ?? 0,
    checkpoint: head?.note ?? null,
    at: head?.at ?? null,
    promised: promised.n,
    oldestPromisedAt: promised.oldest,
    keys,
    witnessesRequired,
    witnesses,
  };
}

export async function readConsistency(ctx: ReadContext, { from, to }: { from: number; to: number }) {
  const { path } = await consistencyPath(ctx.database, from, to);
  return { from, to, path: path.map(step => step.toString('base64')) };
}

/** A remark that stays: about an entry, a tenant, or under a name by which it is found. */
export async function addNote(ctx: CommandContext, input: NoteInput): Promise<{ uid: string }> {
  const about = input.entry === undefined ? null : await findEntry(ctx.db, input.entry);
  if (input.entry !== undefined && !about) throw noSuchEntry(input.entry);
  const body = about ? bodyOf(about) : null;
  const tenantId = body?.tenant ?? input.tenantId;
  if (tenantId !== undefined && body === null) await readTenant(ctx, tenantId);
  const target = body?.target ?? (tenantId ? { kind: 'tenant', id: tenantId } : undefined);
  await ctx.commit(
    noted(input.text, {
      ...(target ? { target } : {}),
      ...(input.reference ? { reference: input.reference } : {}),
      ...(about ? { entry: about.uid } : {}),
    }),
    async () => {},
    tenantId ? { tenantId } : {},
  );
  return { uid: ctx.entry()?.uid ?? '' };
}
