import { type ControlResult, policyIds, worstOf } from '#kernel/controls/define.ts';
import type { Matrix } from './schema.ts';

export const staleMs = 5 * 60_000;

type Row = Matrix['policies'][number]['controls'][number];

/** A policy is as good as its worst control; without any control nothing is known about it. */
export function matrixOf(rows: readonly Row[], now: Date): Matrix {
  const newest =
    rows
      .map(row => row.at)
      .sort()
      .at(-1) ?? null;
  return {
    at: newest,
    stale: newest === null || now.getTime() - Date.parse(newest) > staleMs,
    policies: policyIds.map(policy => {
      const controls = rows.filter(row => row.policy === policy);
      return { policy, result: worstOf(controls.map(c => c.result)), controls };
    }),
  };
}

/**
 * Which controls began to fail, and which stopped: an alert is raised once, and cleared once. What cannot be proved is
 * not restored: an alert stays open while its control is blocked.
 */
export function transitions(open: readonly string[], now: readonly { id: string; result: ControlResult }[]) {
  return {
    raised: now.filter(c => c.result === 'FAIL' && !open.includes(c.id)).map(c => c.id),
    cleared: now.filter(c => ['PASS', 'N/A'].includes(c.result) && open.includes(c.id)).map(c => c.id),
  };
}

/**
 * Controls that could be proved and cannot be any more, and those that can be again. A failure is an alert with a message
 * of its own, so an open alert is left to it.
 */
export function blockings(
  before: readonly { control: string; result: ControlResult }[],
  now: readonly { id: string; result: ControlResult }[],
  open: readonly string[],
) {
  const was = new Map(before.map(run => [run.control, run.result]));
  const changed = now.filter(c => !open.includes(c.id));
  return {
    blocked: changed.filter(c => c.result === 'BLOCKED' && was.get(c.id) === 'PASS').map(c => c.id),
    proved: changed.filter(c => c.result === 'PASS' && was.get(c.id) === 'BLOCKED').map(c => c.id),
  };
}
