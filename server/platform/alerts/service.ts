import { type Control, runControl } from '#kernel/controls/define.ts';
import { allControls } from '#kernel/controls/registry.ts';
import type { Tx } from '#kernel/db/database.ts';
import type { Phase } from '#kernel/env/define.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommitEvent } from '#kernel/ledger/event.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { alertMessage, alertOver, policyEvent } from './events.ts';
import { blockings, matrixOf, transitions } from './rules.ts';
import type { Matrix } from './schema.ts';
import { clearAlert, insertRuns, raiseAlert, selectAlerts, selectLatestRuns } from './store.ts';

/** What is so, for the console or for one phase. A control that no longer exists says nothing. */
export async function readMatrix(ctx: ReadContext, phase?: Phase): Promise<Matrix> {
  const wanted = new Map(
    allControls()
      .filter(control => phase === undefined || (control.phases?.includes(phase) ?? true))
      .map(control => [control.id, control.title]),
  );
  const rows = (await selectLatestRuns(ctx.db)).flatMap(run => {
    const title = wanted.get(run.control);
    return title === undefined ? [] : [{ ...run, title }];
  });
  return matrixOf(rows, ctx.clock.now());
}

export const listAlerts = async (ctx: ReadContext) => ({ rows: await selectAlerts(ctx.db) });

/** Runs them all, keeps the results, raises and clears alerts; each violation is a ledger entry of its own. */
export async function runControls(
  ctx: CommandContext,
  controls: readonly Control[] = allControls(),
): Promise<Matrix> {
  const runs = await Promise.all(
    controls.map(async control => ({ control, outcome: await runControl(control, ctx) })),
  );
  const open = (await selectAlerts(ctx.db))
    .filter(alert => alert.clearedAt === null)
    .map(alert => alert.control);
  const { raised, cleared } = transitions(
    open,
    runs.map(({ control, outcome }) => ({ id: control.id, result: outcome.result })),
  );
  const { blocked, proved } = blockings(
    await selectLatestRuns(ctx.db),
    runs.map(({ control, outcome }) => ({ id: control.id, result: outcome.result })),
    open,
  );
  const told = [
    ...runs
      .filter(run => blocked.includes(run.control.id))
      .map(({ control, outcome }) => alertMessage(control, 'BLOCKED', outcome.reason)),
    ...proved.map(alertOver),
  ];
  const now = ctx.clock.now();
  const id = () => uuidv7(now.getTime());
  const failed = runs.filter(r => r.outcome.result === 'FAIL').length;
  await ctx.commit(policyEvent('policy.checked', 'all', { failed }, told), tx =>
    insertRuns(
      tx,
      runs.map(({ control, outcome }) => ({
        id: id(),
        control: control.id,
        policy: control.policy,
        system: control.system,
        outcome,
      })),
      now,
    ),
  );
  for (const { control, outcome } of runs) {
    const said = { policy: control.policy, reason: outcome.reason };
    if (raised.includes(control.id))
      await ifFirst(
        ctx,
        policyEvent('policy.violated', control.id, said, [alertMessage(control, 'FAIL', outcome.reason)]),
        tx => raiseAlert(tx, { id: id(), control: control.id, ...said }, now),
      );
    if (cleared.includes(control.id))
      await ifFirst(ctx, policyEvent('policy.restored', control.id, said, [alertOver(control.id)]), tx =>
        clearAlert(tx, control.id, now),
      );
  }
  return readMatrix(ctx);
}

class AlreadySaid extends Error {}

/** Two runs at the same moment see the same change; the second one's entry is rolled back with its row. */
async function ifFirst(
  ctx: CommandContext,
  event: CommitEvent,
  change: (tx: Tx) => Promise<boolean>,
): Promise<void> {
  try {
    await ctx.commit(event, async tx => {
      if (!(await change(tx))) throw new AlreadySaid();
    });
  } catch (error) {
    if (!(error instanceof AlreadySaid)) throw error;
  }
}
