import type { Database } from '#kernel/db/database.ts';
import type { Phase } from '#kernel/env/variables.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { PhaseGate } from '#kernel/trpc/phase-gate.ts';
import { systems } from '#server/systems.ts';
import type { Precheck } from '../environment/schema.ts';
import { readLatest } from '../environment/service.ts';
import { phaseBlocked } from './errors.ts';

interface Known {
  until: number;
  blocked: Promise<ReadonlyMap<Phase, Precheck>>;
}

const keepMs = 2000;
const phaseOf = new Map(systems.flatMap(s => (s.phase ? [[s.key, s.phase] as const] : [])));

/** Refuses commands of a phase whose newest precheck said BLOCK. Looked up at most every two seconds per process. */
export function phaseGate(): PhaseGate {
  const known = new WeakMap<Database, Known>();
  return async ({ database, clock }, procedure) => {
    const phase = phaseOf.get(procedure.split('.')[0] ?? '');
    if (phase === undefined) return;
    const now = Date.now(); // how long an answer is kept is this process's business, not the clock's of the caller
    let found = known.get(database);
    if (!found || found.until < now) {
      const results = readLatest(systemContext('phase-gate', database, clock));
      const blocked = results.then(
        r => new Map(r.results.flatMap(p => (p.decision === 'BLOCK' ? [[p.phase, p] as const] : []))),
      );
      found = { until: now + keepMs, blocked };
      known.set(database, found);
      blocked.catch(() => known.delete(database));
    }
    const blocked = (await found.blocked).get(phase);
    if (blocked) throw phaseBlocked(blocked);
  };
}
