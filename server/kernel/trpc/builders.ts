import { SpanStatusCode } from '@opentelemetry/api';
import { TRPCError } from '@trpc/server';
import type { Principal } from '../auth/principal.ts';
import { holds } from '../authz/authz.ts';
import type { Permission } from '../authz/permission.ts';
import { readOnlyDatabase } from '../db/read-only.ts';
import { DomainError } from '../errors/domain-error.ts';
import { trpcCodeOf } from '../errors/problem.ts';
import type { Json } from '../ledger/event.ts';
import { requireFreshLedger } from '../ledger/state.ts';
import { requireWitnesses } from '../ledger/witnessed.ts';
import { wideEvent } from '../log/log.ts';
import { requestSeconds } from '../metrics/metrics.ts';
import { passPolicies } from '../policy/enforce.ts';
import { tracer } from '../trace/trace.ts';
import { commandContext } from './commit.ts';
import type { ReadContext, RequestContext } from './context.ts';
import { auditDenial } from './denial.ts';
import { claimKey } from './idempotency.ts';
import { asDomainError, t } from './init.ts';
import { passPhaseGate } from './phase-gate.ts';
import { recordRead, resourceOf } from './record-read.ts';
import { ownScope, readOnlyScope, scopeOf } from './scope.ts';
import { requireStorable } from './storable.ts';

export interface ReadOptions {
  permission: Permission;
  /** Everything it reads, it reads as `atom_auditor`, also for callers who may write elsewhere. */
  readOnly?: true;
  /** Concerns the caller's own account only: auditors, who otherwise only read, sign in and out too. */
  own?: true;
}

export interface CommandOptions {
  permission: Permission;
  /** The audit event types this command may write. */
  audit: `${string}.${string}` | readonly `${string}.${string}`[];
  /** Concerns the caller's own account only: auditors, who otherwise only read, sign in and out too. */
  own?: true;
  /**
   * Approval policies this command may fall under. It then cannot commit before `ctx.requireApproval` answered; the
   * policy's own conditions say whether this call needs anybody.
   */
  risk?: string | readonly string[];
  /** Changes how many witnesses are required: it must not wait for those that do not answer. */
  unwitnessed?: true;
  /**
   * Only takes away what somebody could misuse, and gives nobody anything: it does not wait for a ledger that is not being
   * signed. Its entry is in the ledger with it, and is signed when that goes on. Not for what people have to agree to.
   */
  protects?: true;
  /**
   * Asks for a second factor given within the last minutes. A token has none, so it is refused unless the command is
   * meant for services too.
   */
  stepUp?: { maxAgeMinutes: number; onlyIfEnrolled?: boolean; tokensToo?: true };
}

export function requirePermission(principal: Principal, permission: Permission): void {
  const allowed =
    holds(principal.holders, permission) &&
    (principal.only === undefined || principal.only.includes(permission));
  if (allowed) return;
  if (principal.kind === 'anonymous')
    throw new DomainError(
      'unauthenticated',
      'auth.required',
      'Sign in, or send an API token as a bearer token.',
    );
  throw new DomainError('denied', 'auth.denied', `You lack the permission ${permission}.`, { permission });
}

/** Authorise before the handler; a refusal is audited and counted. */
async function authorise(ctx: RequestContext, permission: Permission, procedure: string): Promise<void> {
  try {
    requirePermission(ctx.principal, permission);
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'denied')
      await auditDenial(ctx, procedure, permission);
    throw error;
  }
  await passPolicies(ctx, procedure);
}

/** Errors become what they are on the wire; anything unknown stays internal and is logged with its trace. */
const observed = t.middleware(async ({ path, type, ctx, next }) => {
  const event = wideEvent('call', {
    procedure: path,
    type,
    actor: `${ctx.principal.kind}:${ctx.principal.id}`,
    channel: ctx.request.channel,
    ...(ctx.principal.tenantId ? { tenant: ctx.principal.tenantId } : {}),
  });
  return tracer().startActiveSpan(`trpc ${path}`, async span => {
    const traceId = span.spanContext().traceId;
    const stop = requestSeconds.startTimer({ procedure: path });
    const request = ctx.request.traceId ? ctx.request : { ...ctx.request, traceId };
    try {
      const result = await next({ ctx: { ...ctx, request } });
      if (result.ok) {
        stop({ outcome: 'ok' });
        event.end('ok');
        return result;
      }
      const known = asDomainError(result.error);
      stop({ outcome: known?.kind ?? 'error' });
      span.setStatus({ code: SpanStatusCode.ERROR, message: known?.code ?? 'internal' });
      if (known) {
        event.end('refused', { code: known.code, message: known.message });
        throw new TRPCError({ code: trpcCodeOf(known.kind), message: known.message, cause: known });
      }
      const clientSide = result.error.code !== 'INTERNAL_SERVER_ERROR';
      event.end(clientSide ? 'refused' : 'error', {
        code: result.error.code,
        error: result.error.cause ?? result.error,
        ...(clientSide ? {} : { stack: result.error.cause?.stack ?? result.error.stack }),
      });
      throw result.error;
    } finally {
      span.end();
    }
  });
});

/** What a `read` does before its handler, for the routes that stream and therefore are no procedure. */
export async function readContext(
  ctx: RequestContext,
  options: ReadOptions,
  procedure: string,
  input: () => Promise<unknown> = async () => undefined,
): Promise<ReadContext> {
  await authorise(ctx, options.permission, procedure);
  if (!options.own && ctx.principal.holders.includes('auditor'))
    await recordRead(ctx, resourceOf(procedure, await input()));
  const scope = options.own
    ? ownScope(ctx.principal)
    : options.readOnly
      ? readOnlyScope(ctx.principal)
      : scopeOf(ctx.principal);
  const database = options.readOnly ? readOnlyDatabase(ctx.database) : ctx.database;
  return {
    principal: ctx.principal,
    database,
    scope,
    db: database.read(scope),
    clock: ctx.clock,
    request: ctx.request,
  };
}

export const read = (options: ReadOptions) =>
  t.procedure
    .meta({ kind: 'read', permission: options.permission })
    .use(observed)
    .use(async ({ ctx, path, next, getRawInput }) => {
      const made = await readContext(ctx, options, path, getRawInput);
      requireStorable(await getRawInput());
      return next({ ctx: made });
    });

export const command = (options: CommandOptions) =>
  t.procedure
    .meta({
      kind: 'command',
      permission: options.permission,
      audit: [options.audit].flat().join(' '),
      ...(options.risk === undefined ? {} : { risk: [options.risk].flat() }),
      ...(options.protects ? { protects: true } : {}),
    })
    .use(observed)
    .use(async ({ ctx, path, next, getRawInput }) => {
      await authorise(ctx, options.permission, path);
      if (!ctx.request.csrfSafe)
        throw new DomainError(
          'denied',
          'auth.csrf',
          'The request did not come from this console. Reload the page and try again.',
        );
      requireStorable(await getRawInput());
      // Whoever asked gave the factor then, and the approvers gave theirs.
      if (!ctx.release) requireStepUp(ctx, options.stepUp);
      await passPhaseGate(ctx, path);
      // What wants a second factor or an approval is risky, and what is risky must be provable soon.
      if ((options.stepUp && !options.protects) || options.risk) await requireFreshLedger(ctx.database);
      if (options.risk && !options.unwitnessed) await requireWitnesses(ctx.database, ctx.clock);
      const input = await getRawInput();
      const claim = await claimKey(ctx, path, input);
      if (claim?.replay) return replayed(claim.replay.response);
      const risky =
        options.risk === undefined
          ? undefined
          : { policies: [options.risk].flat(), input: (input ?? null) as Json };
      const made = commandContext(ctx, path, options.own ? ownScope(ctx.principal) : undefined, risky);
      const result = await next({ ctx: made.ctx });
      if (!result.ok) {
        await claim?.release();
        return result;
      }
      if (!made.accounted())
        throw new DomainError(
          'unavailable',
          'command.unaudited',
          `${path} changed nothing it accounts for. This is a defect.`,
        );
      await claim?.settle(result.data);
      return result;
    });

/** The stored answer of the first call, in the envelope tRPC expects of a middleware. */
const replayed = (data: unknown) => ({ ok: true as const, data, marker: 'middlewareMarker' }) as never;

function requireStepUp(ctx: RequestContext, wanted: CommandOptions['stepUp']): void {
  if (!wanted) return;
  if ((ctx.principal.kind === 'token' || ctx.principal.kind === 'tenant') && !wanted.tokensToo)
    throw new DomainError(
      'denied',
      'auth.person_only',
      'This needs a person with a second factor; a token cannot do it.',
    );
  if (ctx.principal.kind !== 'user') return;
  if (wanted.onlyIfEnrolled && !ctx.principal.mfaEnrolled) return;
  const at = ctx.principal.mfaAt;
  const limit = wanted.maxAgeMinutes * 60_000;
  if (at && ctx.clock.now().getTime() - at.getTime() <= limit) return;
  throw new DomainError(
    'step_up',
    ctx.principal.mfaEnrolled ? 'auth.step_up' : 'auth.enrol_first',
    ctx.principal.mfaEnrolled
      ? 'Confirm with your second factor to go on.'
      : 'This needs a second factor, and you have none yet. Enrol one under Settings, Security.',
    { acrValues: ['mfa'], maxAge: limit / 1000 },
  );
}
