import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExecutionState, executionStates } from '../schema.ts';
import { advance, type Course, type Happening, hasEnded, isUntouched } from './machine.ts';

const start = (steps: boolean[], dryRun = false): Course => ({
  state: 'planned',
  step: 0,
  dryRun,
  steps: steps.map(reversible => ({ state: 'pending', reversible, tried: false })),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .constantFrom<Happening['did']>(
      'ask',
      'authorise',
      'refuse',
      'lock',
      'snapshot',
      'sign',
      'preview',
      'begin',
      'applied',
      'verify',
    )
    .map(did => ({ did }) as Happening),
  fc.boolean().map(canary => ({ did: 'order', canary }) as const),
  fc.constantFrom('pass', 'fail', 'inconclusive').map(verdict => ({ did: 'judge', verdict }) as Happening),
  fc.boolean().map(goOn => ({ did: 'decide', goOn }) as const),
  fc
    .boolean()
    .map(unchanged => ({ did: 'turnBack' as const, ...(unchanged ? { unchanged: true as const } : {}) })),
  fc.boolean().map(restored => ({ did: 'restore', restored }) as const),
);

/** What a driver would have done: the model that the machine's words are compared with. */
interface Model {
  /** Steps of which something is in place. */
  done: Set<number>;
  unsure: Set<number>;
}

/** Every sensible thing that may happen next, and some that may not. */
const walk = fc.array(fc.tuple(happening, fc.nat(20)), { maxLength: 80 });
const ordinary = (course: Course): Happening[] => {
  const here = course.steps[course.step]?.state;
  const all: Partial<Record<ExecutionState, Happening[]>> = {
    planned: [{ did: 'ask' }, { did: 'authorise' }],
    waiting: [{ did: 'authorise' }],
    authorised: [{ did: 'lock' }],
    locked: [{ did: 'snapshot' }],
    snapshotted: [{ did: 'sign' }],
    signed: [{ did: 'preview' }],
    previewed: [{ did: 'begin' }],
    applying:
      here === 'pending'
        ? [{ did: 'order', canary: false }, { did: 'order', canary: true }, { did: 'halt' }]
        : here === 'tried'
          ? [{ did: 'order', canary: false }, { did: 'halt' }]
          : [{ did: 'applied' }, { did: 'turnBack' }],
    judging: [
      { did: 'judge', verdict: 'pass' },
      { did: 'judge', verdict: 'inconclusive' },
      { did: 'judge', verdict: 'fail' },
    ],
    undecided: [
      { did: 'decide', goOn: true },
      { did: 'decide', goOn: false },
    ],
    verifying: [{ did: 'verify' }, { did: 'verify' }, { did: 'turnBack' }],
    'rolling-back': [
      { did: 'restore', restored: true },
      { did: 'restore', restored: true },
      { did: 'restore', restored: false },
    ],
  };
  return all[course.state] ?? [];
};

function run(
  course: Course,
  path: readonly (readonly [Happening, number])[],
  look: (before: Course, did: Happening, after: Course, model: Model) => void,
) {
  const model: Model = { done: new Set(), unsure: new Set() };
  let at = course;
  for (const [wild, pick] of path) {
    const usual = ordinary(at);
    const did = pick > 2 && usual.length > 0 ? (usual[pick % usual.length] ?? wild) : wild;
    const next = advance(at, did);
    if (!next.ok) continue;
    if (did.did === 'order') model.unsure.add(at.step);
    if (did.did === 'applied') {
      model.unsure.delete(at.step);
      model.done.add(at.step);
    }
    // The driver says this of an order it was just given, and never of one that it carried out.
    if (did.did === 'turnBack' && did.unchanged && model.unsure.has(at.step)) model.unsure.delete(at.step);
    if (did.did === 'restore' && did.restored) {
      model.done.delete(at.step);
      model.unsure.delete(at.step);
    }
    look(at, did, next.course, model);
    at = next.course;
  }
  return { at, model };
}

describe('the course of an execution', () => {
  it('never touches the world before a dry run, and never in one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        walk,
        (steps, dryRun, path) => {
          const passed: ExecutionState[] = [];
          run(start(steps, dryRun), path, (before, did, after) => {
            passed.push(after.state);
            if (did.did !== 'order') return;
            expect(dryRun).toBe(false);
            for (const state of ['authorised', 'locked', 'snapshotted', 'signed', 'previewed'] as const)
              expect(passed).toContain(state);
            expect(isUntouched(before.state)).toBe(false);
          });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('leaves nothing in between: at the end all is done, or all is back, or it says that it is neither', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), walk, (steps, path) => {
        const { at, model } = run(start(steps), path, () => {});
        if (at.state === 'succeeded') expect([...model.done].toSorted()).toEqual(steps.map((_, n) => n));
        if (at.state === 'rolled-back') {
          expect(model.done.size).toBe(0);
          expect([...model.unsure]).toEqual([]);
        }
        if (at.state === 'refused') expect(model.done.size + model.unsure.size).toBe(0);
        if (at.state === 'failed')
          expect(at.steps.some(s => s.state === 'kept' || s.state === 'stuck')).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it('takes a part back also where the order of the whole was refused', () => {
    const course: Course = {
      ...start([true]),
      state: 'applying',
      steps: [{ state: 'ordered', reversible: true, tried: true }],
    };
    const back = advance(course, { did: 'turnBack', unchanged: true });
    expect(back.ok && back.course).toMatchObject({ state: 'rolling-back', step: 0 });
    const whole = advance(
      { ...course, steps: [{ state: 'ordered', reversible: true, tried: false }] },
      { did: 'turnBack', unchanged: true },
    );
    expect(whole.ok && whole.course.state).toBe('rolled-back');
  });

  it('keeps a part that nothing brings back where its trial fails or nobody wants it, and says so', () => {
    const part = (state: ExecutionState): Course => ({
      ...start([false]),
      state,
      steps: [{ state: 'tried', reversible: false, tried: true }],
    });
    const kept = { state: 'failed', steps: [{ state: 'kept' }] };
    expect(advance(part('judging'), { did: 'judge', verdict: 'fail' })).toMatchObject({ course: kept });
    expect(advance(part('undecided'), { did: 'decide', goOn: false })).toMatchObject({ course: kept });
  });

  it('never takes back what nothing brings back, and takes back from the last to the first', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), walk, (steps, path) => {
        let last = Number.POSITIVE_INFINITY;
        run(start(steps), path, (before, did) => {
          if (did.did === 'turnBack') last = Number.POSITIVE_INFINITY;
          if (did.did !== 'restore') return;
          expect(before.steps[before.step]?.reversible).toBe(true);
          expect(before.step).toBeLessThan(last);
          last = before.step;
        });
      }),
      { numRuns: 400 },
    );
  });

  it('does not come back from an end, but for a person who takes back what succeeded', () => {
    fc.assert(
      fc.property(fc.constantFrom(...executionStates), happening, (state, did) => {
        if (!hasEnded(state)) return;
        const course: Course = {
          ...start([true]),
          state,
          steps: [{ state: 'verified', reversible: true, tried: false }],
        };
        const next = advance(course, did);
        expect(next.ok).toBe(state === 'succeeded' && did.did === 'turnBack');
      }),
    );
  });

  it('gets to an end whatever happens, as long as something sensible does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(20)),
        (steps, picks) => {
          let at = start(steps);
          for (let i = 0; i < 200 && !hasEnded(at.state); i += 1) {
            const usual = ordinary(at);
            const next = advance(at, usual[(picks.next().value as number) % usual.length] as Happening);
            expect(next.ok).toBe(true);
            if (next.ok) at = next.course;
          }
          expect(hasEnded(at.state)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
