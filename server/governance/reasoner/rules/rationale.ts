import type { ActionName } from '#kernel/actions/plan.ts';
import { type Read, readsOf, type Supported } from './causes.ts';
import { efficacyOf } from './efficacy.ts';
import type { Claim, Evidence, Fact } from './evidence.ts';
import type { Sign } from './signals.ts';

const citedAtMost = 12;
const clock = (at: number) => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const about = ({ risk }: Evidence) => risk.service ?? 'the tenant';

/** One claim for each kind of message, then what they mean together: each with the events it stands on. */
export function claimsOf(cause: Supported, evidence: Evidence): Claim[] {
  const byName = new Map<string, Sign[]>();
  for (const sign of [...(cause.gate ? [cause.gate] : []), ...cause.signs])
    byName.set(sign.name, [...(byName.get(sign.name) ?? []), sign]);
  const observed = [...byName].map(([name, signs]): Claim => {
    const worst = signs.reduce((a, b) => (b.weight > a.weight ? b : a)).event.severity;
    const last = Math.max(...signs.map(sign => sign.at));
    const times = signs.length === 1 ? 'once' : `${signs.length} times`;
    return {
      text: `${name} was reported ${times} for ${about(evidence)}, ${worst} at worst, last at ${clock(last)}.`,
      eventIds: idsOf(signs),
    };
  });
  const telling = readsOf(cause.rule, evidence).filter(read => read.agrees === cause.agreement);
  const measured =
    cause.agreement === 0 || telling.length === 0
      ? ''
      : `${cause.agreement === 1 ? ', and' : ', though'} its ${telling.map(readWords).join(' and its ')} ${
          cause.agreement === 1 ? 'agrees' : 'speaks against it'
        }`;
  return [
    ...observed,
    {
      text: `Together they point to ${cause.rule.words}${measured}.`,
      eventIds: idsOf([...(cause.gate ? [cause.gate] : []), ...cause.signs]),
    },
  ];
}

const readWords = ({ gauge, value }: Read): string =>
  gauge.reads === 'level'
    ? `${gauge.metric} of ${figure(value)}`
    : `${gauge.metric} of ${figure(value)} times what it was`;

const idsOf = (signs: readonly Sign[]): string[] =>
  [...new Set(signs.map(sign => sign.event.id))].slice(0, citedAtMost);

/** What was measured and what is known from before; shown beside the claims, with where each was read. */
export function factsOf(cause: Supported, action: ActionName, evidence: Evidence): Fact[] {
  const facts: Fact[] = Object.values(evidence.measures)
    .filter(measure => Number.isFinite(measure.latest))
    .map(measure => ({
      text: `${measure.metric} read ${figure(measure.latest)} lately (mean ${figure(measure.mean)} over ${measure.points} points).`,
      source: 'measure',
      ref: `${about(evidence)}/${measure.metric}@${measure.at}`,
    }));
  facts.push({
    text: `${cause.rule.dimension} stands at ${figure(evidence.risk.scores[cause.rule.dimension])} of 100${evidence.risk.stale ? ', and that score is stale' : ''}.`,
    source: 'risk',
    ref: evidence.risk.id,
  });
  const tried = evidence.outcomes.filter(outcome => outcome.action === action);
  const worked = tried.filter(outcome => outcome.worked).length;
  const { mean } = efficacyOf(cause.name, action, evidence.outcomes);
  facts.push({
    text:
      tried.length === 0
        ? `${action} was not tried here before; a first guess of ${percent(mean)} stands in.`
        : `${action} worked ${worked} of ${tried.length} times here; with the first guess that makes ${percent(mean)}.`,
    source: 'outcome',
    ref:
      tried
        .map(outcome => outcome.execId)
        .slice(0, citedAtMost)
        .join(' ') || 'none',
  });
  return facts;
}

export const percent = (part: number): string => `${Math.round(part * 100)} %`;
export const figure = (value: number): string =>
  Math.abs(value) >= 10 ? String(Math.round(value)) : String(Math.round(value * 100) / 100);
