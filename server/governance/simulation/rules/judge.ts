import type { MetricJudgement, Samples, Scorecard } from '../schema/judgement.ts';
import { brownForsythe, fisherExact, holm, mannWhitney, median, smallestP } from './statistics.ts';

export interface JudgeOptions {
  /** Family-wise: over all tests of all metrics together. */
  alpha: number;
  minimumSamples: number;
  /** Cliff's delta below which a shift is too small to matter. */
  minimumEffect: number;
  /** Share of the baseline's median by which a shift must move, where that median is not zero. */
  minimumShift: number;
  /** Times the spread of the baseline. */
  minimumSpread: number;
  /** Share of zeros from which on a metric is judged in two parts. */
  zeroShare: number;
  /** Score from which on a change passes; below `failBelow` it fails; in between nobody knows. */
  passFrom: number;
  failBelow: number;
}

export const judgeDefaults: JudgeOptions = {
  alpha: 0.05,
  minimumSamples: 20,
  minimumEffect: 0.33,
  minimumShift: 0.05,
  minimumSpread: 1.5,
  zeroShare: 0.2,
  passFrom: 95,
  failBelow: 75,
};

const present = (values: readonly (number | null)[]) =>
  values.filter((v): v is number => v !== null && Number.isFinite(v));

/** What is asked when nobody says: traffic is context, fewer replicas are not a fault, the rest is bad when it rises. */
const usualDirection = (name: string) => (name === 'rps' || name === 'replicas' ? 'context' : 'increase');

interface Finding {
  kind: 'shift' | 'spread' | 'zeros';
  p: number;
  /** Positive: the canary is higher, more spread, or less often zero. */
  sign: number;
  /** Large enough to matter, if it is no chance. */
  matters: boolean;
  effect: number;
}

interface Look {
  name: string;
  direction: 'increase' | 'decrease' | 'either' | 'context';
  weight: number;
  critical: boolean;
  baseline: number[];
  canary: number[];
  findings: Finding[];
  missing: string | null;
}

/** The middle half's width would not see what only the tails do; distances from the median do. */
const spreadOf = (values: readonly number[]) => {
  const centre = median(values);
  return values.reduce((total, v) => total + Math.abs(v - centre), 0) / values.length;
};

function shift(baseline: readonly number[], canary: readonly number[], o: JudgeOptions): Finding {
  const test = mannWhitney(canary, baseline);
  const [from, to] = [median(baseline), median(canary)];
  // Relative to a median of zero every shift is infinite; then the effect on the ranks alone decides.
  const moved = from === 0 ? Number.POSITIVE_INFINITY : Math.abs(to - from) / Math.abs(from);
  return {
    kind: 'shift',
    p: test.p,
    sign: Math.sign(test.delta),
    matters: Math.abs(test.delta) >= o.minimumEffect && moved >= o.minimumShift,
    effect: test.delta,
  };
}

function spread(baseline: readonly number[], canary: readonly number[], o: JudgeOptions): Finding {
  const [a, b] = [spreadOf(baseline), spreadOf(canary)];
  const ratio = a === 0 ? (b === 0 ? 1 : Number.POSITIVE_INFINITY) : b / a;
  // A constant that becomes another almost-constant is no change of spread: it must show against its own size.
  const seen = b > 0.01 * Math.max(Math.abs(median(canary)), Math.abs(median(baseline)), 1e-9);
  return {
    kind: 'spread',
    p: brownForsythe(baseline, canary).p,
    sign: Math.sign(ratio - 1),
    matters: ratio >= o.minimumSpread && seen,
    effect: Number.isFinite(ratio) ? ratio : 1e9,
  };
}

function zeros(baseline: readonly number[], canary: readonly number[]): Finding {
  const count = (values: readonly number[]) => values.filter(v => v === 0).length;
  const [a, b] = [count(baseline), count(canary)];
  const difference = a / baseline.length - b / canary.length;
  return {
    kind: 'zeros',
    p: fisherExact(a, baseline.length - a, b, canary.length - b),
    sign: Math.sign(difference),
    matters: Math.abs(difference) >= 0.15,
    effect: difference,
  };
}

function lookAt(name: string, given: Samples[string], o: JudgeOptions): Look {
  const [baseline, canary] = [present(given.baseline), present(given.canary)];
  const look: Look = {
    name,
    direction: given.direction ?? usualDirection(name),
    weight: given.weight ?? 1,
    critical: given.critical ?? false,
    baseline,
    canary,
    findings: [],
    missing: null,
  };
  if (look.direction === 'context') return look;
  for (const [side, values, all] of [
    ['baseline', baseline, given.baseline],
    ['canary', canary, given.canary],
  ] as const)
    if (values.length < o.minimumSamples)
      return {
        ...look,
        missing: `the ${side} has ${values.length} usable values of ${all.length}, and ${o.minimumSamples} are needed`,
      };
  const both = [...baseline, ...canary];
  if (both.every(v => v === both[0])) return look;
  const share = both.filter(v => v === 0).length / both.length;
  if (share < o.zeroShare) {
    look.findings = [shift(baseline, canary, o), spread(baseline, canary, o)];
    return look;
  }
  // Among many zeros a rank test sees ties only: how often it is zero, and how large it is when it is not, are two questions.
  look.findings = [zeros(baseline, canary)];
  const [some, more] = [baseline.filter(v => v !== 0), canary.filter(v => v !== 0)];
  if (some.length >= o.minimumSamples / 2 && more.length >= o.minimumSamples / 2)
    look.findings.push(shift(some, more, o), spread(some, more, o));
  return look;
}

const badly = (direction: Look['direction'], { kind, sign }: Finding): boolean =>
  kind === 'spread' ? sign > 0 : direction === 'either' || sign > 0 === (direction === 'increase');

const words: Record<Finding['kind'], (f: Finding) => string> = {
  shift: f => (f.sign > 0 ? 'higher than the baseline' : 'lower than the baseline'),
  spread: () => 'spread more widely than the baseline',
  zeros: f => (f.sign > 0 ? 'less often zero than the baseline' : 'more often zero than the baseline'),
};

/**
 * Compares what the changed part did with what the unchanged part did at the same time. Three answers: whoever could not
 * see enough says so, and that is neither a pass nor a fail.
 */
export function judgeCanary(samples: Samples, options: Partial<JudgeOptions> = {}): Scorecard {
  const o = { ...judgeDefaults, ...options };
  const looks = Object.entries(samples).map(([name, given]) => lookAt(name, given, o));
  const tests = looks.flatMap(look => look.findings.map(finding => ({ look, finding })));
  const adjusted = holm(tests.map(t => t.finding.p));
  const judged = looks.map((look): MetricJudgement => {
    const own = tests.flatMap((t, i) =>
      t.look === look ? [{ ...t.finding, adjusted: adjusted[i] ?? 1 }] : [],
    );
    const bad = own.filter(f => f.adjusted <= o.alpha && f.matters && badly(look.direction, f));
    const lead = bad.toSorted((a, b) => a.adjusted - b.adjusted)[0];
    const blind =
      own.length > 0 && smallestP(look.baseline.length, look.canary.length) * tests.length > o.alpha
        ? 'so few values could not show any difference'
        : null;
    const missing = look.missing ?? blind;
    return {
      name: look.name,
      verdict: look.direction === 'context' ? 'context' : missing ? 'inconclusive' : lead ? 'fail' : 'pass',
      reason: missing ?? (lead ? words[lead.kind](lead) : 'no harmful difference'),
      weight: look.weight,
      critical: look.critical,
      baseline: summaryOf(look.baseline),
      canary: summaryOf(look.canary),
      tests: own.map(({ kind, p, adjusted, effect, matters }) => ({ kind, p, adjusted, effect, matters })),
    };
  });
  return { ...decide(judged, looks, o), metrics: judged };
}

function decide(judged: readonly MetricJudgement[], looks: readonly Look[], o: JudgeOptions) {
  const counted = judged.filter(m => m.verdict !== 'context');
  const known = counted.filter(m => m.verdict !== 'inconclusive');
  const weight = (metrics: readonly MetricJudgement[]) => metrics.reduce((n, m) => n + m.weight, 0);
  const passed = weight(known.filter(m => m.verdict === 'pass'));
  const score = weight(known) > 0 ? Math.round((1000 * passed) / weight(known)) / 10 : null;
  const answer = (verdict: Scorecard['verdict'], reason: string) => ({ verdict, score, reason });

  const idle = looks.find(l => l.name === 'rps' && [l.baseline, l.canary].some(v => v.every(x => x === 0)));
  if (idle) return answer('inconclusive', 'One side got no traffic, so nothing was tried.');
  const harmed = known.find(m => m.critical && m.verdict === 'fail');
  if (harmed) return answer('fail', `${harmed.name} is ${harmed.reason}, and it decides alone.`);
  const unseen = counted.find(m => m.critical && m.verdict === 'inconclusive');
  if (unseen) return answer('inconclusive', `${unseen.name} decides alone, and ${unseen.reason}.`);
  if (score === null) return answer('inconclusive', 'No metric had enough values.');
  if (score < o.failBelow) {
    const worst = known.find(m => m.verdict === 'fail');
    return answer('fail', `${worst?.name} is ${worst?.reason}.`);
  }
  if (weight(known) < weight(counted) / 2)
    return answer('inconclusive', 'Less than half of what matters could be judged.');
  if (score < o.passFrom) {
    const worst = known.find(m => m.verdict === 'fail');
    return answer('inconclusive', `Most is well, yet ${worst?.name} is ${worst?.reason}.`);
  }
  return answer('pass', `${known.length} metrics show no harmful difference.`);
}

const summaryOf = (values: readonly number[]) =>
  values.length === 0 ? null : { n: values.length, median: median(values), spread: spreadOf(values) };
