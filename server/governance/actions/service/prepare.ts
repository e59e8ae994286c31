import { irreversible } from '#kernel/actions/plan.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { DsseEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners, trustedKeys } from '#kernel/signing/signer.ts';
import { signStatement, verifyStatement } from '#kernel/signing/statement.ts';
import { type ActionDriver, DriverAway, type Snapshot } from '../gateway.ts';
import {
  manifestType,
  planBytes,
  planHash,
  predicateOf,
  snapshotBytes,
  snapshotHash,
} from '../rules/manifest.ts';
import type { Execution } from '../store/executions.ts';
import { whyHeldBack } from './assess.ts';
import { driverNamed, type From } from './drivers.ts';
import { proceed, waitUntil } from './progress.ts';
import { whyDenied } from './tightened.ts';
import { refuseExecution } from './turn-back.ts';

/** Lock, snapshot, sign, dry run, begin: nothing of the world is changed by any of it. */
export async function prepare(
  from: From,
  row: Execution,
  drivers: readonly ActionDriver[],
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  try {
    switch (row.state) {
      case 'authorised':
        return await lock(from, row);
      case 'locked':
        return await snapshot(from, row, drivers);
      case 'snapshotted':
        return await sign(from, row);
      case 'signed':
        return await preview(from, row, drivers);
      default:
        return await begin(from, row);
    }
  } catch (error) {
    if (error instanceof DriverAway) return away(from, row, error);
    throw error;
  }
}

const stepOf = (row: Execution, n: number) => {
  const step = row.plan.steps[n];
  if (!step) throw new Error(`${row.id} has no step ${n}.`);
  return step;
};

async function lock(from: From, row: Execution): Promise<boolean> {
  if (!row.dryRun) {
    const why = (await whyHeldBack(from, row.plan, row.id))?.why ?? (await whyDenied(from, row));
    if (why) {
      await refuseExecution(from, row, why);
      return true;
    }
    if (row.tries > 40) {
      await refuseExecution(from, row, 'Its targets stayed locked by other executions.');
      return true;
    }
  }
  const targets = [...new Set(row.steps.map(step => step.target))];
  await proceed(
    from,
    row,
    { did: 'lock' },
    {
      event: 'execution.locked',
      detail: { targets },
      change: { startedAt: from.clock.now() },
      said: row.dryRun ? 'A dry run takes no locks' : `Locked ${targets.join(', ')}`,
      lock: true,
    },
  );
  return true;
}

async function snapshot(from: From, row: Execution, drivers: readonly ActionDriver[]): Promise<boolean> {
  const snapshots = await Promise.all(
    row.steps.map(({ driver, n }) => driverNamed(drivers, driver).snapshot(stepOf(row, n), row.tenantId)),
  );
  const moved = snapshots.filter(({ version }, n) => version !== row.versions[n]);
  if (row.policyId !== null && moved.length > 0) {
    const names = [...new Set(moved.map(s => s.target))].join(', ');
    await refuseExecution(
      from,
      row,
      `${names} changed after it was approved, so the approval is void. Look at it and plan again.`,
    );
    return true;
  }
  const hash = snapshotHash(snapshots);
  await proceed(
    from,
    row,
    { did: 'snapshot' },
    {
      event: 'execution.snapshotted',
      detail: { snapshotHash: hash, targets: snapshots.map(({ target, version }) => ({ target, version })) },
      change: { snapshotHash: hash },
      steps: snapshots.map((kept, n) => ({ n, snapshot: kept })),
      said: `Kept the state before: SHA-256 ${hash}`,
    },
  );
  return true;
}

const snapshotsOf = (row: Execution): Snapshot[] =>
  row.steps.map(({ snapshot: kept, n }) => {
    if (!kept) throw new Error(`Step ${n} of ${row.id} has no snapshot.`);
    return kept;
  });

async function sign(from: From, row: Execution): Promise<boolean> {
  const snapshots = snapshotsOf(row);
  const signers = await activeSigners(from.database, from.clock);
  const envelope = await signStatement(
    signers,
    [
      { name: 'plan', content: planBytes(row.plan) },
      { name: 'snapshot', content: snapshotBytes(snapshots) },
    ],
    manifestType,
    predicateOf(row, snapshots),
  );
  await proceed(
    from,
    row,
    { did: 'sign' },
    {
      event: 'execution.signed',
      detail: {
        planHash: row.planHash,
        snapshotHash: row.snapshotHash,
        keys: envelope.signatures.map(signature => signature.keyid ?? ''),
      },
      change: { manifest: envelope as unknown as Json },
      said: 'Signed the manifest: plan, snapshot and target versions',
    },
  );
  return true;
}

async function preview(from: From, row: Execution, drivers: readonly ActionDriver[]): Promise<boolean> {
  const snapshots = snapshotsOf(row);
  let refusal: string | null = null;
  const previews = await Promise.all(
    row.steps.map(({ driver, n }) =>
      driverNamed(drivers, driver)
        .dryRun(stepOf(row, n), snapshots[n] as Snapshot)
        .catch((error: Error) => {
          if (error instanceof DriverAway) throw error;
          refusal ??= error.message;
          return null;
        }),
    ),
  );
  if (refusal !== null) {
    await refuseExecution(from, row, `The dry run failed: ${refusal}`);
    return true;
  }
  const changes = previews.flatMap(p => p?.changes ?? []);
  await proceed(
    from,
    row,
    { did: 'preview' },
    {
      event: 'execution.previewed',
      detail: { changes: changes.length },
      steps: previews.map((p, n) => ({ n, preview: p })),
      said:
        changes.length === 0
          ? 'Dry run: nothing would change'
          : `Dry run: ${changes.map(c => `${c.field} ${JSON.stringify(c.before)} → ${JSON.stringify(c.after)}`).join(', ')}`,
    },
  );
  return true;
}

/** The manifest is read back before it is acted on: what is in the table now must be what was signed. */
async function begin(from: From, row: Execution): Promise<boolean> {
  const broken = await whyManifestBroken(from, row);
  if (broken) {
    await refuseExecution(from, row, broken);
    return true;
  }
  const final = row.plan.steps.filter(step => irreversible.has(step.action));
  await proceed(
    from,
    row,
    { did: 'begin' },
    {
      event: 'execution.began',
      ...(row.dryRun ? { change: { outcome: 'Dry run: nothing was changed' } } : {}),
      said: row.dryRun
        ? 'Ended after the dry run, as asked'
        : `The manifest holds; beginning${final.length > 0 ? '. Part of this cannot be taken back' : ''}`,
      lock: true,
    },
  );
  return true;
}

async function whyManifestBroken(from: From, row: Execution): Promise<string | null> {
  const snapshots = snapshotsOf(row);
  if (planHash(row.plan) !== row.planHash) return 'The plan is not the one whose hash was kept.';
  if (snapshotHash(snapshots) !== row.snapshotHash) return 'The snapshot is not the one whose hash was kept.';
  const keys = await trustedKeys(from.database);
  const verified = verifyStatement(
    row.manifest as unknown as DsseEnvelope,
    { predicateType: manifestType, content: planBytes(row.plan) },
    keys,
    from.clock.now(),
  );
  if (!verified.ok) return `The manifest does not verify: ${verified.reason}.`;
  const { snapshotHash: bound, execution } = verified.statement.predicate;
  if (bound !== row.snapshotHash || execution !== row.id) return 'The manifest is about another execution.';
  return null;
}

async function away(from: From, row: Execution, error: DriverAway): Promise<boolean> {
  if (row.tries >= 5) {
    await refuseExecution(from, row, `${error.message} Nothing was changed.`);
    return true;
  }
  const at = new Date(from.clock.now().getTime() + 2_000 * 2 ** row.tries);
  await waitUntil(from, row, at, error.message, { tries: row.tries + 1 });
  return false;
}
