import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRollout, type Member, type Rollout } from './rollout.ts';

const member = (relay: string, ack: Member['ack'], leaseUntil = 3000): Member => ({ relay, ack, leaseUntil });
const rollout = (members: Member[], strict = false): Rollout => ({
  strict,
  stagedAt: 0,
  deadlineMs: 1500,
  quorum: 2 / 3,
  members,
});

describe('a version on its way', () => {
  it.each<[string, Rollout, number, object]>([
    ['nobody is reachable: the hub alone', rollout([]), 0, { do: 'activate', missing: [] }],
    [
      'all hold it',
      rollout([member('a', 'staged'), member('b', 'staged')], true),
      10,
      { do: 'activate', missing: [] },
    ],
    [
      'some are missing before the deadline',
      rollout([member('a', 'staged'), member('b', 'none')]),
      1499,
      { do: 'wait', until: 1500 },
    ],
    [
      'a quorum at the deadline',
      rollout([member('a', 'staged'), member('b', 'staged'), member('c', 'none')]),
      1500,
      { do: 'activate', missing: ['c'] },
    ],
    [
      'strict: the missing one may still serve the old version',
      rollout([member('a', 'staged'), member('b', 'staged'), member('c', 'none', 2800)], true),
      2800,
      { do: 'wait', until: 2801 },
    ],
    [
      'strict: its lease has run out',
      rollout([member('a', 'staged'), member('b', 'staged'), member('c', 'none', 2800)], true),
      2801,
      { do: 'activate', missing: ['c'] },
    ],
  ])('%s', (_, given, now, wanted) => {
    expect(judgeRollout(given, now)).toEqual(wanted);
  });

  it('is withdrawn below quorum, and names how many hold it', () => {
    const verdict = judgeRollout(
      rollout([member('a', 'staged'), member('b', 'none'), member('c', 'none')]),
      1500,
    );
    expect(verdict).toEqual({
      do: 'withdraw',
      reason: '1 of 3 reachable relays hold it at the deadline; 2 are needed.',
    });
  });

  it('is withdrawn at once when a strict kind is refused, or too many refuse', () => {
    const one = [
      member('a', 'staged'),
      member('b', 'staged'),
      { ...member('c', 'refused'), reason: 'scope' },
    ];
    expect(judgeRollout(rollout(one, true), 1)).toEqual({ do: 'withdraw', reason: 'c refused it: scope.' });
    expect(judgeRollout(rollout(one), 1)).toMatchObject({ do: 'wait' });
    expect(
      judgeRollout(rollout([member('a', 'refused'), member('b', 'refused'), member('c', 'none')]), 1).do,
    ).toBe('withdraw');
  });

  it('never leaves a strict member current on the old version', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            relay: fc.string(),
            ack: fc.constantFrom('none' as const, 'staged' as const, 'refused' as const),
            leaseUntil: fc.nat(6000),
          }),
          { maxLength: 12 },
        ),
        fc.nat(8000),
        (members, now) => {
          const verdict = judgeRollout(rollout(members, true), now);
          if (verdict.do !== 'activate') return;
          for (const m of members)
            expect(m.ack === 'staged' || (m.ack === 'none' && m.leaseUntil < now)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
