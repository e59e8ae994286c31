import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Held } from '#kernel/policy/combine.ts';
import { type PolicyContent, policyContent } from '#kernel/policy/kinds.ts';
import { dryRun, withDraft } from './dry-run.ts';

const consent = (id: string, granted: string[]): PolicyContent =>
  policyContent.parse({
    id,
    kind: 'consent',
    scope: {},
    document: { granted },
    staleness: 'serve',
    expires: null,
  });
const held = (content: PolicyContent): Held => ({ content, version: 1, hash: 'h', epoch: 1 });
const asked = (purpose: string, weight = 1) => ({
  at: '2026-01-01T00:00:00.000Z',
  question: { purpose },
  weight,
});
const run = (recorded: ReturnType<typeof asked>[], before: Held[], draft: PolicyContent) =>
  dryRun(recorded, before, withDraft(before, draft), (of, question) => decide('consent', of, question));

describe('a draft tried against what was asked', () => {
  it('counts what it would have denied and let through, by what each question stands for', () => {
    const before = [held(consent('c', ['analytics', 'sharing']))];
    const found = run(
      [asked('analytics', 2000), asked('sharing', 14), asked('caching', 287)],
      before,
      consent('c', ['analytics', 'caching']),
    );
    expect(found).toMatchObject({ recorded: 2301, replayed: 3, changed: 301, denied: 14, admitted: 287 });
    expect(found.transitions).toEqual([
      { from: 'deny', to: 'allow', count: 287 },
      { from: 'allow', to: 'deny', count: 14 },
    ]);
    expect(found.examples.map(e => [e.question.purpose, e.to])).toEqual([
      ['sharing', 'deny'],
      ['caching', 'allow'],
    ]);
  });

  it('shows a question that was asked often once', () => {
    const before = [held(consent('c', ['sharing']))];
    const found = run([asked('sharing'), asked('sharing'), asked('sharing')], before, consent('c', []));
    expect(found).toMatchObject({ recorded: 3, denied: 3 });
    expect(found.examples).toHaveLength(1);
  });

  it('takes a first policy of its kind as one that nothing spoke before', () => {
    expect(run([asked('sharing')], [], consent('c', [])).transitions).toEqual([
      { from: 'none', to: 'deny', count: 1 },
    ]);
    expect(run([], [], consent('c', []))).toMatchObject({ recorded: 0, changed: 0, examples: [] });
  });

  it('changes nothing where the draft says what is active, whatever was asked', () => {
    const purposes = ['replication', 'analytics', 'sharing', 'caching', 'inference'];
    fc.assert(
      fc.property(
        fc.subarray(purposes),
        fc.array(fc.tuple(fc.constantFrom(...purposes), fc.integer({ min: 1, max: 50 }))),
        (granted, questions) => {
          const active = consent('c', granted);
          const recorded = questions.map(([purpose, weight]) => asked(purpose, weight));
          const same = run(recorded, [held(active)], active);
          expect(same.changed).toBe(0);
          expect(same.recorded).toBe(recorded.reduce((n, r) => n + r.weight, 0));
        },
      ),
    );
  });
});
