import { approvals } from '../approvals/port.ts';
import { type Principal, systemPrincipal } from '../auth/principal.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import type { Scope } from '../db/scope.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type Appended, appendEntry } from '../ledger/append.ts';
import { batchDigest } from '../ledger/batch.ts';
import type { Json } from '../ledger/event.ts';
import type { CommandContext, RequestContext } from './context.ts';
import { mintAppScope, scopeOf, tenantScope } from './scope.ts';

export interface Commands {
  ctx: CommandContext;
  /** Whether the handler wrote, or said that there was nothing to write. */
  accounted(): boolean;
}

export interface RiskyCall {
  /** The policies the command may ask. */
  policies: readonly string[];
  input: Json;
}

export function commandContext(
  from: RequestContext,
  procedure: string,
  as?: Scope,
  risky?: RiskyCall,
): Commands {
  const { principal, database, clock, request, release } = from;
  const scope = as ?? scopeOf(principal);
  let last: Appended | null = null;
  let nothing = false;
  let cleared = false;
  let spent = false;
  const ctx: CommandContext = {
    principal,
    database,
    scope,
    db: database.read(scope),
    clock,
    request,
    ...(release ? { release } : {}),
    unchanged: () => {
      nothing = true;
    },
    ownWrites: () => database.read(scope.tenantId === undefined ? mintAppScope() : scope),
    entry: () => last,
    requireApproval: async (policy, question) => {
      // A part of the console acts on what was approved already, or by the word of whoever runs the machine.
      if (principal.kind === 'system' && !risky) return null;
      if (!risky?.policies.includes(policy)) throw undeclared(procedure, policy);
      const waits = await approvals().require(ctx, { procedure, input: risky.input }, policy, question);
      cleared ||= waits === null;
      return waits;
    },
    commit: async (event, change, options = {}) => {
      requireWriter(scope);
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
      const asks = risky !== undefined || release !== undefined;
      if (asks && !cleared && !options.refuses && !options.asks) throw unasked(procedure);
      const writeScope = options.tenantId === undefined ? scope : tenantScope(options.tenantId, scope.reach);
      const done = await database.write(writeScope, async tx => {
        // In the transaction of the effect, so that neither happens without the other, nor twice.
        if (release && !spent && !options.refuses && !(await approvals().spend(tx, release, clock.now())))
          throw alreadySpent();
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
      if (release && !options.refuses) {
        spent = true;
        release.ran?.();
      }
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
    gather: async write => {
      requireWriter(scope);
      if (risky !== undefined || release !== undefined) throw unasked(procedure);
      const result = await database.write(scope, write);
      nothing = true;
      return result;
    },
  };
  return { ctx, accounted: () => nothing || last !== null };
}

function requireWriter(scope: Scope): void {
  if (scope.role === 'atom_auditor')
    throw new DomainError('denied', 'auditor.read_only', 'Auditors read; they never change anything.');
}

const undeclared = (procedure: string, policy: string) =>
  new DomainError(
    'unavailable',
    'approval.undeclared',
    `${procedure} asks the approval policy ${policy} without declaring it. This is a defect.`,
  );

const unasked = (procedure: string) =>
  new DomainError(
    'unavailable',
    'approval.unasked',
    `${procedure} needs approval and did not ask for it. Nothing was changed. This is a defect.`,
  );

const alreadySpent = () =>
  new DomainError(
    'conflict',
    'approval.spent',
    'This approval was used already, or is no longer good. Nothing was changed.',
  );

/** For jobs, the CLI and the seed: the same commit, in the name of the part that acts. */
export function systemContext(job: string, database: Database, clock: Clock, as?: Principal): CommandContext {
  const principal = as ?? systemPrincipal(job);
  return commandContext(
    { principal, database, clock, request: { channel: 'job', ip: 'local', csrfSafe: true } },
    job,
  ).ctx;
}

/** A part of the console that asks people before it runs a command: the same question as if a person had called it. */
export function askingContext(
  job: string,
  from: Pick<RequestContext, 'database' | 'clock'>,
  procedure: string,
  risky: RiskyCall,
): CommandContext {
  const principal = systemPrincipal(job);
  const request = { channel: 'job', ip: 'local', csrfSafe: true } as const;
  return commandContext({ ...from, principal, request }, procedure, undefined, risky).ctx;
}
