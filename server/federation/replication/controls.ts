import { defineControl, type Outcome } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { isOld } from './rules/evidence.ts';
import { misplacedRows } from './service/residence.ts';
import { endedParity, latestScans } from './store/evidence.ts';
import { selectStreams } from './store/streams.ts';

const freshMs = 60_000;
const nothing: Outcome = { result: 'N/A', reason: 'No stream is active' };

export const leakControl = defineControl({
  id: 'P1.mirror_leaks',
  policy: 'P1',
  system: 'replication',
  title: 'No mirror holds personal data that nobody consented to, by a search of the last 24 hours',
  phases: ['G.1'],
  run: async ctx => {
    const streams = (await selectStreams(ctx.db)).filter(s => s.state === 'active');
    if (streams.length === 0) return nothing;
    const scans = await latestScans(ctx.db);
    const of = (id: string) => scans.find(scan => scan.streamId === id);
    const leaking = streams.filter(s => (of(s.id)?.leaks.length ?? 0) > 0);
    if (leaking.length > 0)
      return {
        result: 'FAIL',
        reason: leaking
          .map(
            s =>
              `${s.id}: ${of(s.id)
                ?.leaks.map(l => `${l.kind} in ${l.table}.${l.column}`)
                .join(', ')}`,
          )
          .join('; '),
      };
    const unseen = streams.filter(s => !of(s.id));
    const now = ctx.clock.now().getTime();
    const old = streams.filter(s => of(s.id) && isOld(of(s.id)?.at ?? null, now));
    if (old.length > 0)
      return { result: 'FAIL', reason: `Not searched for 24 hours: ${old.map(s => s.id).join(', ')}` };
    return unseen.length > 0
      ? { result: 'BLOCKED', reason: `Never searched: ${unseen.map(s => s.id).join(', ')}` }
      : { result: 'PASS', reason: `${streams.length} mirrors were searched and hold none` };
  },
});

export const residenceControl = defineControl({
  id: 'P1.residence',
  policy: 'P1',
  system: 'replication',
  title: 'No tenant’s rows lie, or are written, where its residency does not allow it',
  phases: ['G.1'],
  run: async ctx => {
    const streams = (await selectStreams(ctx.db)).filter(s => s.state !== 'retired');
    if (streams.length === 0) return { result: 'N/A', reason: 'No stream carries rows anywhere' };
    const found = await misplacedRows(ctx);
    return found.length === 0
      ? { result: 'PASS', reason: `Both ends of ${streams.length} streams are allowed to every tenant` }
      : {
          result: 'FAIL',
          reason: found
            .map(
              ({ tenant, region, written, why }) =>
                `rows of ${tenant} ${written ? 'are written' : 'lie'} in ${region}: ${why}`,
            )
            .join('; '),
        };
  },
});

export const streamControl = defineControl({
  id: 'P7.streams',
  policy: 'P7',
  system: 'replication',
  title: 'Streams flow, and keep no more log than their budget',
  phases: ['G.1'],
  run: async ctx => {
    const streams = (await selectStreams(ctx.db)).filter(s => ['active', 'paused'].includes(s.state));
    if (streams.length === 0) return nothing;
    const now = ctx.clock.now().getTime();
    const bad = streams.filter(
      s => s.look?.overBudget || ['stalled', 'broken'].includes(s.look?.health ?? ''),
    );
    if (bad.length > 0)
      return { result: 'FAIL', reason: bad.map(s => `${s.id}: ${s.look?.why ?? 'not seen'}`).join('; ') };
    const unseen = streams.filter(
      s => !s.look || s.look.health === 'unknown' || now - Date.parse(s.look.at) > freshMs,
    );
    return unseen.length > 0
      ? { result: 'BLOCKED', reason: `Not known: ${unseen.map(s => s.id).join(', ')}` }
      : { result: 'PASS', reason: `${streams.length} streams are within their limits` };
  },
});

export const parityControl = defineControl({
  id: 'P7.parity',
  policy: 'P7',
  system: 'replication',
  title: 'Mirrors were compared with their publishers within 24 hours and agree',
  phases: ['G.1'],
  run: async ctx => {
    const streams = (await selectStreams(ctx.db)).filter(s => s.state === 'active');
    if (streams.length === 0) return nothing;
    const runs = await endedParity(ctx.db);
    const tables = streams.flatMap(s => s.tables.map(t => ({ id: s.id, table: t.table })));
    const of = (t: { id: string; table: string }) =>
      runs.find(r => r.streamId === t.id && r.table === t.table);
    const differ = tables.filter(t => of(t)?.state === 'differs');
    if (differ.length > 0)
      return { result: 'FAIL', reason: `Differing: ${differ.map(t => `${t.id} ${t.table}`).join(', ')}` };
    const open = tables.filter(t => of(t)?.state !== 'equal');
    const now = ctx.clock.now().getTime();
    const old = tables.filter(t => of(t)?.state === 'equal' && isOld(of(t)?.finishedAt ?? null, now));
    if (old.length > 0)
      return {
        result: 'FAIL',
        reason: `Not compared for 24 hours: ${old.map(t => `${t.id} ${t.table}`).join(', ')}`,
      };
    return open.length > 0
      ? { result: 'BLOCKED', reason: `Not proven: ${open.map(t => `${t.id} ${t.table}`).join(', ')}` }
      : { result: 'PASS', reason: `${tables.length} tables agree` };
  },
});

declareControls([leakControl, residenceControl, streamControl, parityControl]);
