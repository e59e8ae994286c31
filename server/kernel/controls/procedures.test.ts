import { expect, it } from 'vitest';
import { createCaller } from '#server/root.ts';
import type { ReadContext } from '../trpc/context.ts';
import { type DeclaredProcedure, procedureControl } from './procedures.ts';

const ctx = {} as ReadContext;
const read: DeclaredProcedure = {
  path: 'a.list',
  type: 'query',
  meta: { kind: 'read', permission: 'tenant:read' },
};
const change: DeclaredProcedure = {
  path: 'a.change',
  type: 'mutation',
  meta: { kind: 'command', permission: 'tenant:write', audit: 'tenant.changed' },
};
const run = (...procedures: DeclaredProcedure[]) => procedureControl(() => procedures).run(ctx);

it('passes what is guarded and accounted for', async () => {
  expect(createCaller).toBeDefined(); // the systems have declared their permissions
  expect(await run(read, change)).toMatchObject({ result: 'PASS' });
});

it.each<[string, DeclaredProcedure, string]>([
  ['a read for everybody', { ...read, meta: { kind: 'read' } }, 'a.list lacks a permission'],
  [
    'a permission that nobody declares',
    { ...read, meta: { kind: 'read', permission: 'nobody:knows' } },
    'a.list lacks a permission',
  ],
  [
    'a command that the ledger never hears of',
    { ...change, meta: { kind: 'command', permission: 'tenant:write' } },
    'a.change lacks an audit event',
  ],
  [
    'a change outside the builder',
    { ...change, meta: { kind: 'read', permission: 'tenant:write' } },
    'a.change lacks the command builder',
  ],
  ['a procedure without anything', { ...change, meta: undefined }, 'a.change lacks a permission'],
])('fails %s', async (_what, procedure, reason) => {
  expect(await run(read, procedure)).toEqual({ result: 'FAIL', reason });
});
