import { causeNames, causes } from './causes.ts';
import { efficacyOf } from './efficacy.ts';
import type { Evidence, PastOutcome } from './evidence.ts';
import type { Ranked } from './rank.ts';
import { figure, percent } from './rationale.ts';

export interface Doubt {
  text: string;
  kind: 'measure' | 'outcome' | 'runner-up' | 'missing' | 'policy';
}

/** What would change its mind: each said so that somebody can go and look. */
export function doubtsOf(ranked: readonly Ranked[], place: number, evidence: Evidence): Doubt[] {
  const own = ranked[place];
  if (!own) return [];
  const { candidate, assessment } = own;
  const name = causeNames.find(cause => cause === candidate.cause);
  const step = candidate.plan.steps[0];
  if (!name || !step) return [];
  const doubts: Doubt[] = [];
  const { measures = [], after, words } = causes[name];
  for (const gauge of measures) {
    const against = gauge.rising ? gauge.low : gauge.high;
    if (against < 0) continue;
    doubts.push({
      kind: 'measure',
      text: `${gauge.metric} ${gauge.rising ? 'at or below' : 'at or above'} ${figure(against)}${gauge.reads === 'growth' ? ' times what it was' : ''} would speak against ${words}${evidence.measures[gauge.metric] ? '' : '; there is no reading of it in the window'}.`,
    });
  }
  if (after)
    doubts.push({
      kind: 'missing',
      text: `If the ${after} turned out to be of another service, this would fall away.`,
    });
  else if (name === 'faulty-process' || name === 'overload')
    doubts.push({
      kind: 'missing',
      text: 'A deploy shortly before the first of these events would make a rollback the first thing to try.',
    });
  const failed: PastOutcome = { execId: '', action: step.action, worked: false, at: evidence.now };
  const lowered = candidate.belief * efficacyOf(name, step.action, [...evidence.outcomes, failed]).mean;
  doubts.push({
    kind: 'outcome',
    text: `One more failed ${step.action} would lower its confidence from ${percent(own.confidence)} to ${percent(lowered)}.`,
  });
  const rival = ranked[place + 1];
  if (rival && !rival.assessment.denied) {
    const rivalStep = rival.candidate.plan.steps[0];
    const needed = rival.score > 0 ? own.score / rival.score : Number.POSITIVE_INFINITY;
    if (rivalStep && Number.isFinite(needed))
      doubts.push({
        kind: 'runner-up',
        text: `${rivalStep.action} of ${rivalStep.target} would come before it if it were expected to help ${figure(needed)} times as much as now.`,
      });
  }
  if (assessment.denied)
    doubts.push({
      kind: 'policy',
      text: 'It is denied by policy; only another version of that policy changes this.',
    });
  return doubts;
}
