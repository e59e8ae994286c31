import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { holdersOf } from '../authz/authz.ts';
import type { Permission } from '../authz/permission.ts';
import type { ProcedureMeta } from '../trpc/init.ts';
import { type Control, defineControl } from './define.ts';

export interface DeclaredProcedure {
  path: string;
  type: 'query' | 'mutation' | 'subscription';
  meta: ProcedureMeta | undefined;
}

export const proceduresOf = (router: AnyRouter): DeclaredProcedure[] =>
  Object.entries(router._def.procedures as Record<string, AnyProcedure>).map(([path, procedure]) => {
    const def = procedure._def as unknown as Omit<DeclaredProcedure, 'path'>;
    return { path, type: def.type, meta: def.meta };
  });

/** What a procedure lacks to be refused to whom it is not for, and to be found in the ledger. */
function lacks({ type, meta }: DeclaredProcedure): string | null {
  if (!meta?.permission || holdersOf(meta.permission as Permission).length === 0) return 'a permission';
  if (type !== 'mutation') return null;
  if (meta.kind !== 'command') return 'the command builder';
  return meta.audit ? null : 'an audit event';
}

export const procedureControl = (procedures: () => DeclaredProcedure[]): Control =>
  defineControl({
    id: 'P3.procedures',
    policy: 'P3',
    system: 'kernel',
    title: 'Every procedure carries a permission, and every command an audit event',
    run: async () => {
      const all = procedures();
      const open = all.flatMap(p => {
        const lacking = lacks(p);
        return lacking === null ? [] : [`${p.path} lacks ${lacking}`];
      });
      const commands = all.filter(p => p.type === 'mutation').length;
      return open.length === 0
        ? { result: 'PASS', reason: `${all.length} procedures, ${commands} of them commands, carry both` }
        : { result: 'FAIL', reason: open.join('; ') };
    },
  });
