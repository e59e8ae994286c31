import { describe, expect, it } from 'vitest';
import { labelled, mergeExpositions, seriesOf, warningsOf } from './merge.ts';
import { aggregates, forRegions, parseDuration, parseTime, QueryError } from './promql.ts';

describe('regions of a query', () => {
  it.each([
    ['up', 'up', ['eu', 'us']],
    ['up{region="eu"}', 'up{}', ['eu']],
    ['up{job="a",region!="eu",x=~"b|c"}', 'up{job="a",x=~"b|c"}', ['us']],
    ['sum by (job) (rate(http_total{region=~"e.*"}[5m]))', 'sum by (job) (rate(http_total{}[5m]))', ['eu']],
    ['{region="us"}', '{__name__!=""}', ['us']],
    ['a{region="eu"} / b{region="eu"}', 'a{} / b{}', ['eu']],
    [`a{l="}region=\\"eu\\""}`, `a{l="}region=\\"eu\\""}`, ['eu', 'us']],
    [
      'label_replace(up{region=\'eu\'}, "a", "{region}", "b", "c")',
      'label_replace(up{}, "a", "{region}", "b", "c")',
      ['eu'],
    ],
    ['up # {region="x"}', 'up ', ['eu', 'us']],
  ])('%s', (query, left, regions) => {
    const found = forRegions(query);
    expect(found.query).toBe(left);
    expect(['eu', 'us'].filter(found.holds)).toEqual(regions);
  });
  it.each([
    'a{region="eu"} + b{region="us"}',
    'a{region="eu"} + b{job="x"}',
    'a{region="eu"',
    'a{"',
    'a{region=~"("}',
    'a{b}',
  ])('refuses %s', query => expect(() => forRegions(query)).toThrow(QueryError));
  it('knows an aggregation, and none in a text', () => {
    expect(aggregates('sum(up)')).toBe(true);
    expect(aggregates('topk by (job) (3, up)')).toBe(true);
    expect(aggregates('up{a="sum(x)"}')).toBe(false);
    expect(aggregates('sum_over_time(up[5m])')).toBe(false);
  });
});

describe('parameters', () => {
  it.each([
    ['1435781451.781', 1435781451.781],
    ['2015-07-01T20:10:51.781Z', 1435781451.781],
    ['yesterday', null],
    ['', null],
  ])('time %s', (text, seconds) => expect(parseTime(text)).toBe(seconds));
  it.each([
    ['15', 15],
    ['1h30m', 5400],
    ['500ms', 0.5],
    ['-1', null],
    ['5x', null],
  ])('duration %s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));
});

describe('merging', () => {
  it('names the region on each series and keeps a different one beside it', () => {
    expect(labelled({ a: '1' }, 'eu')).toEqual({ a: '1', region: 'eu' });
    expect(labelled({ region: 'eu' }, 'eu')).toEqual({ region: 'eu' });
    expect(labelled({ region: 'rack-7' }, 'eu')).toEqual({ exported_region: 'rack-7', region: 'eu' });
  });
  it('never adds anything up: a scalar of each region stays one', () => {
    expect(seriesOf({ resultType: 'scalar', result: [1, '2'] }, 'eu')).toEqual({
      type: 'vector',
      series: [{ metric: { region: 'eu' }, value: [1, '2'] }],
    });
  });
  it('names gaps and staleness', () => {
    const base = { simulated: false, tookMs: 1, series: 0, reason: null, newest: null };
    const answers = [
      { ...base, region: 'a', state: 'answered' as const, newest: 990 },
      { ...base, region: 'b', state: 'answered' as const, newest: 700 },
      { ...base, region: 'c', state: 'late' as const, reason: 'did not answer within 9 ms' },
    ];
    expect(warningsOf(answers, 1000)).toEqual([
      'stale: the newest sample of region b is 300 s old',
      'gap: region c did not answer within 9 ms',
    ]);
  });
  it('keeps the families of several expositions together', () => {
    const text = (value: number) =>
      `# HELP up Is it\n# TYPE up gauge\nup{job="a}b",region="x"} ${value} 5\n# TYPE h histogram\nh_bucket{le="1"} 2\nplain 3\n`;
    const merged = mergeExpositions([
      { region: 'eu', text: text(1) },
      { region: 'us', text: text(0) },
    ]);
    expect(merged).toBe(
      [
        '# HELP up Is it',
        '# TYPE up gauge',
        'up{job="a}b",exported_region="x",region="eu"} 1 5',
        'up{job="a}b",exported_region="x",region="us"} 0 5',
        '# TYPE h histogram',
        'h_bucket{le="1",region="eu"} 2',
        'h_bucket{le="1",region="us"} 2',
        'plain{region="eu"} 3',
        'plain{region="us"} 3',
        '',
      ].join('\n'),
    );
  });
});
