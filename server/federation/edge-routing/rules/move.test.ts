import { expect, it } from 'vitest';
import type { MoveStream } from '../schema/move.ts';
import { judgeMove, type MoveFacts } from './move.ts';

const stream = (from: string, to: string, tables: string[]): MoveStream => ({
  ...{ id: `${from}-${to}`, from, to, state: 'active', health: 'streaming', lagSeconds: 0, lagBytes: 0 },
  ...{ tables, withheld: [], unproven: [] },
});
const facts = (streams: MoveStream[]): MoveFacts => ({
  ...{ tenant: 't1', from: 'eu', to: 'ap', target: 'active', refused: [], failover: false, streams },
  home: {
    rows: [
      { table: 'app.customer', rows: 40 },
      { table: 'app.orders', rows: 120 },
    ],
    unseen: null,
  },
  there: { rows: [], unseen: null },
  writes: { home: false, there: true },
});

it('a region that writes already has the newer rows only of what a stream carries between the two', () => {
  const both = ['app.customer', 'app.orders'];
  expect(judgeMove(facts([stream('ap', 'eu', both)])).copy).toEqual({
    ...{ rows: 0, bytes: 0, said: 'ap writes already: its rows are the newer ones' },
  });
  for (const streams of [[], [stream('eu', 'us', both)]]) {
    const { copy, obstacles } = judgeMove(facts(streams));
    expect(copy).toMatchObject({ rows: 160, bytes: null, said: expect.stringContaining('lies in eu only') });
    expect(obstacles.map(o => o.what)).toContain(
      '120 rows of app.orders lie in eu, and no stream leads them to ap',
    );
  }
  expect(judgeMove(facts([stream('ap', 'eu', ['app.orders'])])).copy).toMatchObject({ rows: 40 });
});
