import { randomUUID } from 'node:crypto';
import type { Principal } from '#kernel/auth/principal.ts';
import { simulationPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
import { seedExecution } from '#server/governance/approvals/service/executions.ts';
import { signDecision } from '#server/governance/approvals/service/token.ts';
import { createUser } from '#server/platform/identity/service.ts';
import { signingKey } from '#server/platform/tokens/service.ts';
import { createCaller } from '#server/root.ts';
import { median, quantile, type Row } from './measure.ts';

const times = 60;

/** From the moment an approver's signed decision arrives to the effect in the database, through outbox, queue and job. */
export async function decideToReleased(database: Database): Promise<Row> {
  const ctx = systemContext('bench', database, systemClock);
  const approver = (
    await createUser(ctx, { name: 'bench-approver', displayName: 'Bench', roles: ['approver'] }, false)
  ).user;
  const key = await signingKey(ctx);
  const as = (principal: Principal) =>
    createCaller({
      principal,
      database,
      clock: systemClock,
      request: { channel: 'test', ip: 'local', csrfSafe: true },
    }).approvals;
  const anyone = as(simulationPrincipal);
  const owner = database.pool('atom_owner');
  await owner.query('delete from outbox');
  const runner = await runJobs(database, systemClock, approvalJobs);
  const dispatcher = startLoop('dispatcher', 25, createDispatcher(owner).step);
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const id = `bench-${i}`;
    await seedExecution(ctx, { id, tenantId: 't-1', title: id, service: 's', replicas: 2, wanted: 3 });
    const asked = await anyone.request({ exec_id: id, approver: approver.name });
    const now = systemClock.now();
    const token = await signDecision(
      key,
      {
        tokenId: randomUUID(),
        requestId: asked.requestId,
        digest: asked.digest,
        decision: 'approve',
        approverId: approver.id,
        approver: approver.name,
        method: 'totp',
        reason: null,
        expiresAt: new Date(now.getTime() + 60_000),
      },
      now,
    );
    const started = performance.now();
    await anyone.approve({ token });
    for (;;) {
      const { rows } = await owner.query('select runs from simulated_execution where id = $1', [id]);
      if (rows[0].runs === 1) break;
      await new Promise(resolve => setTimeout(resolve, 2));
    }
    taken.push(performance.now() - started);
  }
  await dispatcher.stop();
  await runner.stop();
  return {
    name: 'approval: decision handed in to effect in the database, p50 / p99',
    ours: median(taken),
    limit: quantile(taken, 0.99),
    unit: 'ms',
    ratio: Number.NaN,
    aim: 'p99 < 2 s',
  };
}
