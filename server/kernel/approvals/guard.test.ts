import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command } from '#kernel/trpc/builders.ts';
import { createCallerFactory, router } from '#kernel/trpc/init.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
// Binds the approvals system to the kernel.
import '#server/root.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const question = {
  title: 'Probe',
  subject: { kind: 'probe', id: '1' },
  facts: { production: true },
  plan: ['Probe'],
  blast: 'Nothing.',
};
const event = { type: 'probe.done' as const, target: { kind: 'probe', id: '1' } };
const probe = router({
  forgets: command({ permission: 'tenant:write', audit: 'probe.done', risk: 'tenant.suspend' })
    .input(z.strictObject({}))
    .mutation(({ ctx }) => ctx.commit(event, async () => 'done')),
  ignores: command({ permission: 'tenant:write', audit: 'probe.done', risk: 'tenant.suspend' })
    .input(z.strictObject({}))
    .mutation(async ({ ctx }) => {
      await ctx.requireApproval('tenant.suspend', question);
      return ctx.commit(event, async () => 'done');
    }),
  undeclared: command({ permission: 'tenant:write', audit: 'probe.done' })
    .input(z.strictObject({}))
    .mutation(async ({ ctx }) => {
      await ctx.requireApproval('tenant.suspend', question);
      return ctx.commit(event, async () => 'done');
    }),
  plain: command({ permission: 'tenant:write', audit: 'probe.done' })
    .input(z.strictObject({}))
    .mutation(({ ctx }) => ctx.commit(event, async () => 'done')),
});
const as = (release?: { requestId: string; digest: string }) =>
  createCallerFactory(probe)({ ...bed.as(person('operator')), ...(release ? { release } : {}) });
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code,
  );
const entries = () => bed.rows("select 1 from ledger_entry where type = 'probe.done'");

describe('a command that declares its risk', () => {
  it('cannot commit without having asked, nor against the answer', async () => {
    expect(await code(as().forgets({}))).toBe('approval.unasked');
    expect(await code(as().ignores({}))).toBe('approval.unasked');
    expect(await entries()).toEqual([]);
  });
  it('asks only what it declares', async () => {
    expect(await code(as().undeclared({}))).toBe('approval.undeclared');
  });
  it('a release opens no command that does not ask', async () => {
    const release = { requestId: '00000000-0000-7000-8000-000000000001', digest: 'x' };
    expect(await code(as(release).plain({}))).toBe('approval.unasked');
    expect(await code(as(release).ignores({}))).toBe('approval.changed');
    expect(await entries()).toEqual([]);
    expect(await code(as().plain({}))).toBe('done');
  });
});

describe('the database', () => {
  const columns = `id, policy_id, policy_version, terms, state, procedure, scope, digest, tenant_id, subject, title, shown,
    requester_kind, requester_id, requester_name, excluded, asked, simulated, created_at, expires_at, last_at`;
  const insert = (state: string, tenant: string) =>
    `insert into approval_request (${columns}) values (gen_random_uuid(), 'p', 1, '{}', '${state}', 'x.y', '{}', 'd',
     '${tenant}', 's', 't', '{}', 'token', 'x', 'x', '{}', '{}', false, now(), now(), now())`;
  const asTenant = async (sql: string) => {
    const client = await bed.database.pool('atom_tenant').connect();
    try {
      await client.query("begin; select set_config('app.tenant', 'acme', true)");
      const { rows } = await client.query(sql);
      await client.query('commit');
      return rows;
    } catch (error) {
      await client.query('rollback');
      return (error as { code: string }).code;
    } finally {
      client.release();
    }
  };
  it('lets a tenant ask for itself and see its own, and nothing more', async () => {
    await bed.rows(insert('pending', 'rival'));
    expect(await asTenant(insert('pending', 'acme'))).toEqual([]);
    expect(await asTenant('select tenant_id from approval_request')).toEqual([{ tenant_id: 'acme' }]);
    for (const sql of [
      insert('pending', 'rival'),
      insert('approved', 'acme'),
      "update approval_request set state = 'approved'",
      'select * from approval_decision',
      'select * from approval_challenge',
    ])
      expect(await asTenant(sql)).toBe('42501');
  });
  it('keeps what was decided from the console itself', async () => {
    for (const sql of [
      'update approval_decision set decision = null',
      'delete from approval_decision',
      'update approval_policy set version = 1',
      'delete from approval_request',
    ])
      await expect(bed.database.pool('atom_app').query(sql)).rejects.toMatchObject({ code: '42501' });
    await expect(
      bed.database.pool('atom_app').query("update approval_request set state = 'released'"),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(
      bed.database.pool('atom_app').query("update approval_request set last_at = '2000-01-01'"),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
