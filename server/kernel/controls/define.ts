import type { Phase } from '../env/define.ts';
import type { ReadContext } from '../trpc/context.ts';

export const policyIds = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const;
export type PolicyId = (typeof policyIds)[number];
export type ControlResult = 'PASS' | 'FAIL' | 'BLOCKED' | 'N/A';

export interface Outcome {
  result: ControlResult;
  /** What was looked at and what was found, in words. */
  reason: string;
  evidence?: string[];
}

/** A check that proves that a policy is kept. One that cannot fail is a defect: each has a test that makes it fail. */
export interface Control {
  id: string;
  policy: PolicyId;
  system: string;
  title: string;
  /** The phases it speaks for; all, where none is named. */
  phases?: readonly Phase[];
  run(ctx: ReadContext): Promise<Outcome>;
}

export const defineControl = (control: Control): Control => control;

const order: ControlResult[] = ['N/A', 'PASS', 'BLOCKED', 'FAIL'];

/** The worst of several: one failure fails a policy, and what cannot be proved is never a pass. */
export const worstOf = (results: readonly ControlResult[]): ControlResult =>
  results.reduce<ControlResult>(
    (worst, next) => (order.indexOf(next) > order.indexOf(worst) ? next : worst),
    'N/A',
  );

const deadlineMs = 5000;

/** A control that throws or hangs proves nothing: that is BLOCKED, with the reason. */
export async function runControl(control: Control, ctx: ReadContext): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      control.run(ctx),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs / 1000} s`)), deadlineMs);
      }),
    ]);
  } catch (error) {
    return {
      result: 'BLOCKED',
      reason: `It could not be checked: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    clearTimeout(timer);
  }
}
