import { policyContent } from '#kernel/policy/kinds.ts';
import { familyOf, publicPem } from '#kernel/signing/algorithm.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import type { TrustedKey } from '#kernel/signing/hybrid.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readMatrix } from '#server/platform/alerts/service.ts';
import { type HubKeys, wireEnvelope } from '#server/policy/relay/schema.ts';
import { checkEntry, checkPolicy } from '#server/policy/relay/service/check.ts';
import type { AuditedPolicy, AuditedRelay, Facts, Verdict } from '../rules/findings.ts';
import { type LogFact, selectActive, selectLogTail, selectRelayFacts } from '../store.ts';

const logTail = 500;

interface KeySets {
  /** Keys that sign or may still verify now. */
  current: HubKeys;
  /** With those that were rotated away; never with a revoked one. */
  all: HubKeys;
}

const setOf = (keys: readonly TrustedKey[]): HubKeys => {
  const of = (family: ReturnType<typeof familyOf>) =>
    keys
      .filter(key => familyOf(key.algorithm) === family)
      .map(({ id, key }) => ({ id, pem: publicPem(key) }));
  return { classical: of('classical'), postQuantum: of('post-quantum') };
};

async function keySets(ctx: ReadContext, now: Date): Promise<KeySets> {
  const valid = (await trustedKeys(ctx.database)).filter(key => !key.revokedAt);
  return { current: setOf(valid.filter(k => !k.verifyUntil || k.verifyUntil > now)), all: setOf(valid) };
}

interface Stored {
  id: string;
  version: number;
  hash: string;
  content: Buffer;
  statement: string;
  simulationKey: boolean;
}

/** Anew from the bytes as they are stored: nothing that was found out at publishing is taken over. */
export function verdictOf(stored: Stored, keys: KeySets): Verdict {
  const computed = sha256Hex(stored.content);
  const rest = { computed, simulationKey: stored.simulationKey, expires: expiresIn(stored.content) };
  const statement = wireEnvelope.safeParse(parsed(stored.statement));
  if (!statement.success) return { ...rest, refused: 'malformed', oldKey: false };
  const stage = {
    policy: stored.id,
    version: stored.version,
    hash: stored.hash,
    content: stored.content.toString('base64'),
    statement: statement.data,
  };
  if (checkPolicy(stage, keys.current).ok) return { ...rest, refused: null, oldKey: false };
  const checked = checkPolicy(stage, keys.all);
  return { ...rest, refused: checked.ok ? null : checked.reason, oldKey: checked.ok };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const expiresIn = (content: Buffer): string | null => {
  const said = parsed(content.toString('utf8')) as { expires?: unknown } | undefined;
  return typeof said?.expires === 'string' ? said.expires : null;
};

interface Activated {
  policy: string;
  version: number;
  epoch: number;
}

/** Chain and both signatures of the end of the log, and what it activated. */
function checkLog(
  tail: readonly LogFact[],
  keys: HubKeys,
): { broken: string | null; activated: Activated[] } {
  const activated: Activated[] = [];
  let before: LogFact | null = null;
  for (const row of tail) {
    const header = wireEnvelope.safeParse(parsed(row.header));
    if (!header.success) return { broken: `Entry ${row.seq} of the log cannot be read`, activated };
    const checked = checkEntry({ header: header.data, body: row.body }, keys);
    if (!checked.ok) return { broken: `Entry ${row.seq} of the log: ${checked.reason}`, activated };
    const { value } = checked;
    if (value.header.seq !== row.seq || value.hash !== row.hash)
      return { broken: `Entry ${row.seq} of the log is not the one that was signed`, activated };
    if (before && (row.seq !== before.seq + 1 || value.header.prev !== before.hash))
      return { broken: `Entry ${row.seq} of the log does not follow entry ${before.seq}`, activated };
    const { body } = value;
    if (body?.type === 'activate')
      activated.push({ policy: body.policy, version: body.version, epoch: body.epoch });
    before = row;
  }
  return { broken: null, activated };
}

export async function gatherFacts(ctx: ReadContext, now: Date): Promise<Facts> {
  const [active, relays, tail, keys, matrix] = await Promise.all([
    selectActive(ctx.db),
    selectRelayFacts(ctx.db, now),
    selectLogTail(ctx.db, logTail),
    keySets(ctx, now),
    readMatrix(ctx, 'G.5'),
  ]);
  const known = new Map<string, Verdict>();
  const verdict = (stored: Stored): Verdict => {
    const name = `${stored.id}@${stored.version}@${stored.hash}`;
    const made = known.get(name) ?? verdictOf(stored, keys);
    known.set(name, made);
    return made;
  };
  const log = checkLog(tail, keys.all);
  const whole = (tail[0]?.seq ?? 1) === 1;
  const policies = active.map((p): AuditedPolicy => {
    const scope = policyContent.safeParse(parsed(p.content.toString('utf8')));
    const entry = log.activated.some(
      a => a.policy === p.id && a.version === p.version && a.epoch === p.epoch,
    );
    return {
      id: p.id,
      version: p.version,
      hash: p.hash,
      epoch: p.epoch,
      tenantId: p.tenantId,
      scope: scope.success ? scope.data.scope : { regions: [], labels: {} },
      verdict: verdict(p),
      activation: p.activation,
      logged: entry ? true : whole ? false : null,
    };
  });
  return {
    now: now.getTime(),
    head: tail.at(-1)?.seq ?? 0,
    log: { entries: tail.length, broken: log.broken },
    policies,
    relays: relays.map(
      (relay): AuditedRelay => ({
        ...relay,
        held: relay.held.map(h => ({
          policy: h.policy,
          version: h.version,
          hash: h.hash,
          epoch: h.epoch,
          verdict:
            h.content && h.statement
              ? verdict({
                  id: h.policy,
                  version: h.version,
                  hash: h.hash,
                  content: h.content,
                  statement: h.statement,
                  simulationKey: h.simulationKey ?? false,
                })
              : null,
        })),
      }),
    ),
    controls: matrix.stale
      ? null
      : matrix.policies.flatMap(p =>
          p.controls.map(c => ({
            policy: p.policy,
            result: c.result,
            control: c.control,
            reason: c.reason,
          })),
        ),
  };
}
