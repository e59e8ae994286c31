import { type ExecutionState, endedStates, type StepState } from '../schema/states.ts';

/** What decides about an execution's course. Everything else is told to people and kept, and changes nothing here. */
export interface Course {
  state: ExecutionState;
  /** The step at hand. */
  step: number;
  dryRun: boolean;
  /** `tried`: a part of the target was changed already, so that even a refused order leaves something to take back. */
  steps: readonly { state: StepState; reversible: boolean; tried: boolean }[];
}

export type Happening =
  | { did: 'ask' }
  | { did: 'authorise' }
  | { did: 'refuse' }
  | { did: 'lock' }
  | { did: 'snapshot' }
  | { did: 'sign' }
  | { did: 'preview' }
  /** After the dry run: on to the first step, or to the end where a dry run was all that was wanted. */
  | { did: 'begin' }
  /** Written down before the driver is told: whoever finds it repeats the order under the same key. */
  | { did: 'order'; canary: boolean }
  /** Held back before the step at hand is ordered: people say how it goes on. */
  | { did: 'halt' }
  | { did: 'applied' }
  | { did: 'judge'; verdict: 'pass' | 'fail' | 'inconclusive' }
  /** What people say where the canary showed neither. */
  | { did: 'decide'; goOn: boolean }
  | { did: 'verify' }
  /** Something went wrong, or somebody wants it back. `unchanged`: the step at hand is known to have done nothing. */
  | { did: 'turnBack'; unchanged?: true }
  /** One step is back as it was and was seen to be; `false`: it could not be brought back. */
  | { did: 'restore'; restored: boolean };

export type Stepped = { ok: true; course: Course } | { ok: false; why: string };

const ended: ReadonlySet<ExecutionState> = new Set(endedStates);
const untouched: ReadonlySet<ExecutionState> = new Set([
  'planned',
  'waiting',
  'authorised',
  'locked',
  'snapshotted',
  'signed',
  'previewed',
]);

export const hasEnded = (state: ExecutionState): boolean => ended.has(state);
/** Nothing of the world was changed by it yet. */
export const isUntouched = (state: ExecutionState): boolean => untouched.has(state);

const chain: Partial<Record<Happening['did'], readonly [ExecutionState[], ExecutionState]>> = {
  ask: [['planned'], 'waiting'],
  authorise: [['planned', 'waiting'], 'authorised'],
  lock: [['authorised'], 'locked'],
  snapshot: [['locked'], 'snapshotted'],
  sign: [['snapshotted'], 'signed'],
  preview: [['signed'], 'previewed'],
};

/** The one order in which an execution goes on. Pure: what happened comes in, where it stands comes out. */
export function advance(course: Course, happening: Happening): Stepped {
  const { state, step, dryRun, steps } = course;
  const refuse = (why: string): Stepped => ({ ok: false, why });
  const go = (next: ExecutionState, at = step, changed = steps): Stepped => ({
    ok: true,
    course: { ...course, state: next, step: at, steps: changed },
  });
  const here = steps[step];
  const mark = (mine: StepState, n = step) =>
    steps.map((s, i) => (i === n ? { ...s, state: mine, tried: s.tried || mine === 'tried' } : s));
  const untouchedStep = here?.state === 'trying' || (here?.state === 'ordered' && !here.tried);
  const out = () => refuse(`What is ${state} cannot ${happening.did}.`);

  const link = chain[happening.did];
  if (link) return link[0].includes(state) ? go(link[1]) : out();
  switch (happening.did) {
    case 'refuse':
      return isUntouched(state) ? go('refused', step, steps.map(skipped)) : out();
    case 'begin':
      if (state !== 'previewed') return out();
      return dryRun ? go('succeeded', step, steps.map(skipped)) : go('applying', 0);
    case 'order':
      if (state !== 'applying' || !here) return out();
      if (happening.canary)
        return here.state === 'pending'
          ? go('applying', step, mark('trying'))
          : refuse('It was ordered already.');
      return here.state === 'pending' || here.state === 'tried'
        ? go('applying', step, mark('ordered'))
        : refuse('It was ordered already.');
    case 'halt':
      return state === 'applying' && (here?.state === 'pending' || here?.state === 'tried')
        ? go('undecided')
        : out();
    case 'applied':
      if (state !== 'applying' || !here) return out();
      if (here.state === 'trying') return go('judging', step, mark('tried'));
      return here.state === 'ordered'
        ? go('verifying', step, mark('applied'))
        : refuse('Nothing was ordered.');
    case 'judge':
      if (state !== 'judging') return out();
      if (happening.verdict === 'fail') return down(course, step);
      return go(happening.verdict === 'pass' ? 'applying' : 'undecided');
    case 'decide':
      if (state !== 'undecided') return out();
      return happening.goOn ? go('applying') : down(course, step);
    case 'verify':
      if (state !== 'verifying') return out();
      return step + 1 < steps.length
        ? go('applying', step + 1, mark('verified'))
        : go('succeeded', step, mark('verified'));
    case 'turnBack':
      if (['applying', 'judging', 'undecided', 'verifying'].includes(state))
        return down(
          happening.unchanged && untouchedStep ? { ...course, steps: mark('unchanged') } : course,
          step,
        );
      // What succeeded may be taken back by a person; a dry run left nothing to take back.
      return state === 'succeeded' && !dryRun ? down(course, steps.length - 1) : out();
    case 'restore': {
      if (state !== 'rolling-back' || !here) return out();
      const marked = mark(happening.restored ? 'restored' : 'stuck');
      return down({ ...course, steps: marked }, step - 1);
    }
    default:
      return out();
  }
}

const skipped = (s: Course['steps'][number]) => ({ ...s, state: 'skipped' as const });
const touched = (state: StepState) =>
  !['pending', 'skipped', 'unchanged', 'restored', 'stuck', 'kept'].includes(state);

/** To the next step, from there downwards, that has to be brought back; the end where there is none. */
function down(course: Course, from: number): Stepped {
  const steps = course.steps.map((s, i): Course['steps'][number] => {
    if (s.state === 'pending') return { ...s, state: 'skipped' };
    // What cannot be brought back stays, and the end says so.
    if (i <= from && touched(s.state) && !s.reversible) return { ...s, state: 'kept' };
    return s;
  });
  for (let n = from; n >= 0; n -= 1)
    if (touched(steps[n]?.state ?? 'skipped'))
      return { ok: true, course: { ...course, state: 'rolling-back', step: n, steps } };
  const whole = steps.every(s => s.state !== 'kept' && s.state !== 'stuck');
  // Nothing is left to undo: the state in between is still gone through, so that the end is always reached from it.
  return {
    ok: true,
    course: { ...course, state: whole ? 'rolled-back' : 'failed', step: 0, steps },
  };
}
