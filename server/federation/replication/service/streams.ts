import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { regionServer } from '#kernel/regions/servers.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import {
  noSuchStream,
  notAllowed,
  notInStream,
  preflightFailed,
  streamTaken,
  wrongState,
} from '../errors.ts';
import { replicationEvent } from '../events.ts';
import { namesOf, reverseId } from '../rules/names.ts';
import { blocking, defaultColumns, preflightChecks } from '../rules/preflight.ts';
import { wayBackWarnings } from '../rules/way-back.ts';
import type { Preflight, StreamDetail, StreamInput, StreamRow, StreamTable, SyncStatus } from '../schema.ts';
import { selectParity, selectScans } from '../store/evidence.ts';
import {
  asJson,
  changeStream,
  findStream,
  insertStream,
  lockStream,
  type StoredStream,
  selectSamples,
  selectStreams,
  type Task,
} from '../store/streams.ts';
import { consoleChecks } from './allowed.ts';
import { carryJob } from './carry-job.ts';
import { gatewayBetween } from './gateways.ts';
import { standingOf } from './standing.ts';

export const shown = ({ pending: _pending, copy: _copy, cut: _cut, ...stream }: StoredStream): StreamRow => ({
  ...stream,
  embedded:
    regionServer(stream.publisher)?.embedded === true || regionServer(stream.subscriber)?.embedded === true,
});

export async function readStatus(ctx: ReadContext): Promise<SyncStatus> {
  const [streams, regions] = await Promise.all([selectStreams(ctx.db), knownRegions(ctx)]);
  return {
    at: ctx.clock.now().toISOString(),
    simulated: streams.every(stream => stream.simulated),
    regions: regions.map(({ id, database }) => {
      const of = streams.filter(s => (s.publisher === id || s.subscriber === id) && s.state !== 'retired');
      const looks = of.flatMap(s =>
        s.look ? [s.publisher === id ? s.look.publisherLsn !== null : s.look.health !== 'unknown'] : [],
      );
      return {
        region: id,
        kind: database,
        reachable: looks.length === 0 ? null : looks.some(Boolean),
      };
    }),
    streams: streams.map(shown),
  };
}

export async function requireStream(ctx: ReadContext, id: string): Promise<StoredStream> {
  const found = await findStream(ctx.db, id);
  if (!found) throw noSuchStream(id);
  return found;
}

export async function readStream(ctx: ReadContext, id: string): Promise<StreamDetail> {
  const stream = await requireStream(ctx, id);
  const [samples, parity, leakScans] = await Promise.all([
    selectSamples(ctx.db, id),
    selectParity(ctx.db, id),
    selectScans(ctx.db, id),
  ]);
  return { ...shown(stream), samples, parity, leakScans };
}

interface Prepared extends Preflight {
  tables: StreamTable[];
  production: boolean;
}

/** Looks at both servers, and at what the console itself has to say, without changing anything. */
export async function prepareStream(ctx: ReadContext, input: StreamInput): Promise<Prepared> {
  const own = await consoleChecks(ctx, input);
  const gateway = gatewayBetween(ctx, input.publisher, input.subscriber);
  const names = input.tables.map(t => t.table);
  const others = (await selectStreams(ctx.db)).filter(
    s => s.subscriber === input.subscriber && s.state !== 'retired' && s.id !== input.id,
  );
  const beside = others.filter(s => s.publisher === input.publisher);
  const fed = others.filter(s => s.tenants.some(t => input.tenants.includes(t)) && s.state !== 'detached');
  const [facts, back] = await Promise.all([
    gateway.facts({ ...input, tables: names }),
    gateway.facts({
      ...{ id: reverseId(input.id), tables: names },
      ...{ publisher: input.subscriber, subscriber: input.publisher },
    }),
  ]);
  const tables = input.tables.map(({ table, columns }): StreamTable => {
    const there = facts.publisher.tables[table];
    const leave = columns ?? (there ? defaultColumns(there, input.raw) : []);
    const withheld = (there?.columns ?? []).map(c => c.name).filter(name => !leave.includes(name));
    return { table, columns: leave, withheld };
  });
  const checks = [
    ...own.checks,
    ...preflightChecks(
      {
        ...{ publication: namesOf(input.id).publication, ...input, tables },
        fed: Object.fromEntries(fed.flatMap(s => s.tables.map(t => [t.table, s.id]))),
      },
      facts,
    ),
    ...wayBackWarnings(
      { publication: namesOf(reverseId(input.id)).publication, ...input, tables },
      back,
      beside.length + 1,
    ),
  ];
  return {
    ok: blocking(checks).length === 0,
    simulated: gateway.simulated,
    checks,
    tables,
    production: own.production,
  };
}

export async function previewStream(ctx: ReadContext, input: StreamInput): Promise<Preflight> {
  const { ok, simulated, checks } = await prepareStream(ctx, input);
  return { ok, simulated, checks };
}

export async function createStream(
  ctx: CommandContext,
  input: StreamInput,
): Promise<StreamDetail | ApprovalRequired> {
  if (await findStream(ctx.ownWrites(), input.id)) throw streamTaken(input.id);
  const prepared = await prepareStream(ctx, input);
  const failed = blocking(prepared.checks);
  if (failed.length > 0) throw preflightFailed(failed);
  const waits = await ctx.requireApproval('replication.create', {
    title: `Replicate ${input.tenants.length} tenants from ${input.publisher} to ${input.subscriber}`,
    subject: { kind: 'stream', id: input.id },
    scope: { region: input.subscriber, ...(input.tenants.length > 1 ? { global: true as const } : {}) },
    facts: { production: prepared.production },
    plan: [
      'Look at both servers again',
      `Publish ${prepared.tables.map(t => t.table).join(' and ')} in ${input.publisher}, filtered by tenant`,
      `Subscribe in ${input.subscriber} and copy what is there`,
    ],
    change: {
      before: null,
      after: asJson({ tenants: input.tenants, raw: input.raw, tables: prepared.tables }),
    },
    blast: `Rows of ${input.tenants.join(', ')} will lie in ${input.subscriber} too${
      input.raw ? ', personal columns among them' : '; personal columns stay in their region'
    }.`,
    ...(prepared.simulated ? { simulated: true as const } : {}),
  });
  if (waits) return waits;
  await addStream(ctx, { ...input, tables: prepared.tables, simulated: prepared.simulated });
  return readStream({ ...ctx, db: ctx.ownWrites() }, input.id);
}

export async function addStream(
  ctx: CommandContext,
  stream: Omit<StreamInput, 'tables'> & { tables: StreamTable[]; simulated: boolean },
): Promise<void> {
  const { id, publisher, subscriber, tables, tenants, raw, walBudgetMb, simulated } = stream;
  await ctx.commit(
    replicationEvent('replication.requested', id, { publisher, subscriber, tenants, raw }, [carryJob(id)]),
    async tx => {
      const row = {
        ...{ id, publisher, subscriber, tables, tenants, raw, walBudgetMb, simulated },
        state: 'creating' as const,
        copy: true,
        pending: [{ do: 'make' as const }],
      };
      if (!(await insertStream(tx, row, ctx.clock.now()))) throw streamTaken(id);
    },
  );
}

type Change = {
  type:
    | 'replication.paused'
    | 'replication.resumed'
    | 'replication.started_again'
    | 'replication.retired'
    | 'replication.resynced';
  from: readonly StoredStream['state'][];
  task: Task;
  state?: StoredStream['state'];
  held?: null;
  detail?: { [key: string]: string | number };
};

async function change(ctx: CommandContext, id: string, wanted: Change): Promise<StreamDetail> {
  await requireStream(ctx, id);
  await ctx.commit(replicationEvent(wanted.type, id, wanted.detail ?? {}, [carryJob(id)]), async tx => {
    const now = await lockStream(tx, id);
    if (!now) throw noSuchStream(id);
    if (!wanted.from.includes(now.state))
      throw wrongState(id, now.state, `it has to be ${wanted.from.join(' or ')}`);
    const pending = [...now.pending, wanted.task];
    await changeStream(
      tx,
      id,
      {
        pending,
        ...(wanted.state ? { state: wanted.state } : {}),
        ...(wanted.held === null ? { held: null } : {}),
      },
      ctx.clock.now(),
    );
  });
  return readStream({ ...ctx, db: ctx.ownWrites() }, id);
}

export const pauseStream = (ctx: CommandContext, id: string) =>
  change(ctx, id, { type: 'replication.paused', from: ['active'], task: { do: 'pause' }, state: 'paused' });

/** Whatever paused it: it goes on only where it may go on now. */
export async function resumeStream(ctx: CommandContext, id: string): Promise<StreamDetail> {
  const standing = await standingOf(ctx, await requireStream(ctx, id));
  if (standing) throw notAllowed(id, [standing.why]);
  return change(ctx, id, {
    type: 'replication.resumed',
    from: ['paused', 'failed'],
    task: { do: 'resume' },
    state: 'active',
    held: null,
  });
}

/** What an error stopped, by the loop that looks; nobody paused it. */
export const startAgain = (ctx: CommandContext, id: string, attempt: number) =>
  change(ctx, id, {
    type: 'replication.started_again',
    from: ['active'],
    task: { do: 'resume' },
    detail: { attempt },
  });

export const retireStream = (ctx: CommandContext, { id, reason }: { id: string; reason: string }) =>
  change(ctx, id, {
    type: 'replication.retired',
    from: ['creating', 'active', 'paused', 'detached', 'failed'],
    task: { do: 'retire' },
    state: 'retired',
    detail: { reason },
  });

export async function resyncTable(ctx: CommandContext, { id, table }: { id: string; table: string }) {
  const stream = await requireStream(ctx, id);
  if (!stream.tables.some(t => t.table === table)) throw notInStream(id, table);
  return change(ctx, id, {
    type: 'replication.resynced',
    from: ['active'],
    task: { do: 'resync', table },
    detail: { table },
  });
}
