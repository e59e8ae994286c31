import { randomUUID } from 'node:crypto';
import type { Principal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
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
  const { user } = await createUser(
    ctx,
    { name: 'bench-operator', displayName: 'Bench', roles: ['operator'] },
    false,
  );
  const operator: Principal = {
    kind: 'user',
    id: user.id,
    name: user.name,
    holders: ['operator'],
    sessionId: 'bench',
    mfaAt: systemClock.now(),
    mfaEnrolled: true,
  };
  const { approvals, tenants } = createCaller({
    principal: operator,
    database,
    clock: systemClock,
    request: { channel: 'test', ip: 'local', csrfSafe: true },
  });
  const owner = database.pool('atom_owner');
  await owner.query('delete from outbox');
  const runner = await runJobs(database, systemClock, approvalJobs);
  const dispatcher = startLoop('dispatcher', 25, createDispatcher(owner).step);
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const id = `bench-${i}`;
    await owner.query(
      `insert into tenant (id, name, environment, tier, home_region, simulated, created_at, updated_at)
       values ($1, $1, 'production', 'standard', 'eu-west', false, now(), now())`,
      [id],
    );
    const waits = await tenants.suspend({ id, reason: 'a bench of approvals' });
    if (!('requestId' in waits)) throw new Error('It was not asked for.');
    const { digest } = await approvals.get({ id: waits.requestId });
    const now = systemClock.now();
    const token = await signDecision(
      key,
      {
        tokenId: randomUUID(),
        requestId: waits.requestId,
        digest,
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
    await approvals.approve({ token });
    for (;;) {
      const { rows } = await owner.query('select state from tenant where id = $1', [id]);
      if (rows[0].state === 'suspended') break;
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
