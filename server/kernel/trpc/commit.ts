import { type Principal, systemPrincipal } from '../auth/principal.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import type { Scope } from '../db/scope.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type Appended, appendEntry } from '../ledger/append.ts';
import { batchDigest } from '../ledger/batch.ts';
import type { CommandContext, RequestContext } from './context.ts';
import { mintAppScope, scopeOf, tenantScope } from './scope.ts';

export interface Commands {
  ctx: CommandContext;
  /** Whether the handler wrote, or said that there was nothing to write. */
  accounted(): boolean;
}

export function commandContext(from: RequestContext, procedure: string, as?: Scope): Commands {
  const { principal, database, clock, request } = from;
  const scope = as ?? scopeOf(principal);
  let last: Appended | null = null;
  let nothing = false;
  const ctx: CommandContext = {
    principal,
    database,
    scope,
    db: database.read(scope),
    clock,
    request,
    unchanged: () => {
      nothing = true;
    },
    ownWrites: () => database.read(scope.tenantId === undefined ? mintAppScope() : scope),
    entry: () => last,
    commit: async (event, change, options = {}) => {
      if (scope.role === 'atom_auditor')
        throw new DomainError('denied', 'auditor.read_only', 'Auditors read; they never change anything.');
      if (
        scope.tenantId !== undefined &&
        options.tenantId !== undefined &&
        options.tenantId !== scope.tenantId
      )
        throw new DomainError(
          'not_found',
          'tenant.not_found',
          `No tenant "${options.tenantId}" is visible to you.`,
        );
      const writeScope = options.tenantId === undefined ? scope : tenantScope(options.tenantId, scope.reach);
      const done = await database.write(writeScope, async tx => {
        const result = await change(tx);
        const said = typeof event === 'function' ? event(result) : event;
        const appended = await appendEntry(
          tx,
          {
            principal,
            now: clock.now(),
            procedure,
            channel: request.channel,
            ...(request.traceId ? { traceId: request.traceId } : {}),
            ...(request.idempotencyKey ? { idempotencyKey: request.idempotencyKey } : {}),
          },
          {
            ...(options.tenantId === undefined ? {} : { tenantId: options.tenantId }),
            ...said,
            causedBy: [...new Set([...(request.causedBy ?? []), ...(said.causedBy ?? [])])],
          },
        );
        return { result, appended };
      });
      last = done.appended;
      return done.result;
    },
    record: async (event, facts, write, options) => {
      if (facts.length === 0) {
        nothing = true;
        return;
      }
      const detail = { ...event.detail, ...batchDigest(facts) };
      await ctx.commit({ ...event, detail }, write, options);
    },
  };
  return { ctx, accounted: () => nothing || last !== null };
}

/** For jobs, the CLI and the seed: the same commit, in the name of the part that acts. */
export function systemContext(job: string, database: Database, clock: Clock, as?: Principal): CommandContext {
  const principal = as ?? systemPrincipal(job);
  return commandContext(
    { principal, database, clock, request: { channel: 'job', ip: 'local', csrfSafe: true } },
    job,
  ).ctx;
}
