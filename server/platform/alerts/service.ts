import { type Control, runControl } from '#kernel/controls/define.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { platformControls } from './controls.ts';
import { policyEvent } from './events.ts';
import { matrixOf, transitions } from './rules.ts';
import type { Matrix } from './schema.ts';
import { clearAlert, insertRuns, raiseAlert, selectAlerts, selectLatestRuns } from './store.ts';

/** Every control of every system. */
export const allControls = (): Control[] => platformControls();

export async function readMatrix(ctx: ReadContext): Promise<Matrix> {
  const titles = new Map(allControls().map(control => [control.id, control.title]));
  const runs = await selectLatestRuns(ctx.db);
  const rows = runs.flatMap(run => {
    const title = titles.get(run.control);
    return title === undefined ? [] : [{ ...run, title }]; // a control that no longer exists says nothing
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
  const now = ctx.clock.now();
  const id = () => uuidv7(now.getTime());
  const failed = runs.filter(r => r.outcome.result === 'FAIL').length;
  await ctx.commit(policyEvent('policy.checked', 'all', { failed }), tx =>
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
    if (raised.includes(control.id))
      await ctx.commit(
        policyEvent('policy.violated', control.id, { policy: control.policy, reason: outcome.reason }),
        tx =>
          raiseAlert(
            tx,
            { id: id(), control: control.id, policy: control.policy, reason: outcome.reason },
            now,
          ),
      );
    if (cleared.includes(control.id))
      await ctx.commit(
        policyEvent('policy.restored', control.id, { policy: control.policy, reason: outcome.reason }),
        tx => clearAlert(tx, control.id, now),
      );
  }
  return readMatrix(ctx);
}
