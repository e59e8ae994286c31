import { z } from 'zod';
import { submitToWitnesses } from '../ledger/witness-submit.ts';
import { forgetBefore } from '../policy/retention.ts';
import { type AnyJob, defineJob } from './declare.ts';

const nothing = z.strictObject({});

/** Technical leftovers with a stated lifetime: nothing here is anybody's record, so nothing goes to the ledger. */
const prune = defineJob({
  name: 'kernel.prune',
  title: 'Prune realtime events, idempotency keys, rate buckets and old counts',
  payload: nothing,
  schedule: '*/10 * * * *',
  timeoutSeconds: 60,
  maxAttempts: 3,
  run: async (_payload, { ctx }) => {
    const pool = ctx.database.pool('atom_owner');
    const now = ctx.clock.now();
    await pool.query(
      'delete from realtime_event where at < $1 and id < (select max(id) from realtime_event)',
      [await forgetBefore(ctx, 'realtime')],
    );
    await pool.query('delete from idempotency where expires_at < $1', [now]);
    await pool.query("delete from rate_bucket where updated_at < $1::timestamptz - interval '1 day'", [now]);
    await pool.query('delete from passkey_challenge where expires_at < $1', [now]);
    await pool.query('delete from provider_visit where expires_at < $1', [now]);
    // Whatever was asked for that long ago has lost its meaning; until then no answer works twice.
    await pool.query("delete from spent_proof where at < $1::timestamptz - interval '400 days'", [now]);
    await pool.query('delete from audit_read where period < $1', [await forgetBefore(ctx, 'auditReads')]);
    await pool.query("delete from job_minute where minute < $1::timestamptz - interval '30 days'", [now]);
    await pool.query("delete from procedure_minute where minute < $1::timestamptz - interval '2 days'", [
      now,
    ]);
    await pool.query('delete from session where expires_at < $1', [await forgetBefore(ctx, 'sessions')]);
  },
});

const cosign = defineJob({
  name: 'ledger.cosign',
  title: 'Have witnesses cosign the ledger’s newest checkpoint',
  payload: nothing,
  schedule: '* * * * *',
  timeoutSeconds: 55,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => submitToWitnesses(ctx),
});

export const kernelJobs: readonly AnyJob[] = [prune, cosign];
