import type { Condition, RuleDefinition } from '#server/governance/risk/schema/rules.ts';
import type { Severity } from '#server/governance/risk/schema.ts';

export type Kind = Condition['kind'];

/** What stands in the form: text as it was typed, so that nothing is lost while it is wrong. */
export interface Draft {
  title: string;
  dimension: RuleDefinition['dimension'];
  points: string;
  alert: NonNullable<RuleDefinition['alert']> | '';
  kind: Kind;
  names: string;
  minSeverity: Severity;
  atLeast: string;
  within: string;
  metric: string;
  op: 'above' | 'below';
  threshold: string;
  anomaly: string;
  rarity: string;
}

const empty: Draft = {
  title: '',
  dimension: 'reliability',
  points: '30',
  alert: '',
  kind: 'events',
  names: '',
  minSeverity: 'high',
  atLeast: '1',
  within: '15',
  metric: 'cpu',
  op: 'above',
  threshold: '0.9',
  anomaly: '0.6',
  rarity: '0.8',
};

export function draftOf(definition: RuleDefinition | null): Draft {
  if (!definition) return empty;
  const { title, dimension, points, alert, when } = definition;
  const base = {
    ...empty,
    title,
    dimension,
    points: String(points),
    alert: alert ?? ('' as const),
    kind: when.kind,
  };
  if (when.kind === 'events')
    return {
      ...base,
      names: when.names.join(', '),
      minSeverity: when.minSeverity,
      atLeast: String(when.atLeast),
      within: String(when.withinMinutes),
    };
  if (when.kind === 'template')
    return {
      ...base,
      rarity: String(when.minRarity),
      minSeverity: when.minSeverity,
      within: String(when.withinMinutes),
    };
  if (when.kind === 'anomaly') return { ...base, metric: when.metric, anomaly: String(when.atLeast) };
  return { ...base, metric: when.metric, op: when.op, threshold: String(when.threshold) };
}

/** An empty number is no number, not zero. */
const number = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

/** Not checked here: the server says which field is wrong. */
export function definitionOf(draft: Draft): RuleDefinition {
  const { title, dimension, alert, kind, minSeverity, metric, op } = draft;
  const withinMinutes = number(draft.within);
  const when: Condition =
    kind === 'events'
      ? {
          kind,
          names: draft.names.split(/[\s,]+/).filter(Boolean),
          minSeverity,
          atLeast: number(draft.atLeast),
          withinMinutes,
        }
      : kind === 'template'
        ? { kind, minRarity: number(draft.rarity), minSeverity, withinMinutes }
        : kind === 'anomaly'
          ? { kind, metric, atLeast: number(draft.anomaly) }
          : { kind, metric, op, threshold: number(draft.threshold) };
  return { title, dimension, points: number(draft.points), alert: alert || null, when };
}

/** A new rule is called after its title. */
export const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
