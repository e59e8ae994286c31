import { z } from 'zod';
import type { PolicyContent, PolicyDocument, PolicyKind } from './kinds.ts';

const text = z.string().min(1).max(200);

/** What is asked of a policy. Every field is optional; what a rule needs and does not get counts against the caller. */
export const questionSchema = z.strictObject({
  tenant: text.optional(),
  region: text.optional(),
  country: text.optional(),
  dataClass: text.optional(),
  purpose: text.optional(),
  role: text.optional(),
  action: text.optional(),
  resource: text.optional(),
  risk: text.optional(),
  environment: text.optional(),
  /** For scaling: target size divided by the present one. */
  factor: z.number().min(0).optional(),
  /** Share of all targets that an action touches. */
  share: z.number().min(0).max(1).optional(),
  /** For routing: the regions to choose from. */
  candidates: z
    .array(z.strictObject({ region: text, latencyMs: z.number().min(0), cost: z.number().min(0).optional() }))
    .max(200)
    .optional(),
});
export type Question = z.output<typeof questionSchema>;

export interface Answer {
  effect: 'allow' | 'deny' | 'approve' | 'limit';
  reasons: string[];
  /** What whoever asked has to observe: a limit, days of retention, the chosen region, a dry run. */
  obligations: { [key: string]: string | number | boolean };
}

type Evaluators = { [K in PolicyKind]: (document: PolicyDocument<K>, question: Question) => Answer };

const answer = (
  effect: Answer['effect'],
  reason: string,
  obligations: Answer['obligations'] = {},
): Answer => ({ effect, reasons: [reason], obligations });

/** `*` matches any run of characters; nothing else is special. */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

const evaluators: Evaluators = {
  routing: (document, { candidates = [] }) => {
    const open = candidates.filter(
      c =>
        !document.deniedRegions.includes(c.region) &&
        (document.maxLatencyMs === undefined || c.latencyMs <= document.maxLatencyMs) &&
        (document.strategy !== 'weighted' || (document.weights?.[c.region] ?? 0) > 0),
    );
    if (open.length === 0)
      return answer('deny', `None of ${candidates.length} candidate regions may be used.`);
    const price = (c: (typeof open)[number]) =>
      document.strategy === 'latency'
        ? c.latencyMs
        : document.strategy === 'cost'
          ? (c.cost ?? Number.POSITIVE_INFINITY)
          : -(document.weights?.[c.region] ?? 0);
    const [best] = open.toSorted((a, b) => price(a) - price(b) || (a.region < b.region ? -1 : 1));
    return answer('allow', `${best?.region} is first by ${document.strategy}.`, {
      region: best?.region ?? '',
    });
  },

  residency: (document, { region, country, dataClass }) => {
    if (region === undefined) return answer('deny', 'The question names no region.');
    const applying = document.rules.filter(
      rule => !rule.dataClasses || dataClass === undefined || rule.dataClasses.some(c => c === dataClass),
    );
    for (const rule of applying) {
      if (rule.deniedRegions?.includes(region)) return answer('deny', `Region ${region} is denied.`);
      if (rule.allowedRegions && !rule.allowedRegions.includes(region))
        return answer('deny', `Region ${region} is not among ${rule.allowedRegions.join(', ') || 'none'}.`);
      if (rule.allowedCountries && !(country && rule.allowedCountries.includes(country)))
        return answer(
          'deny',
          country
            ? `${country} is not among ${rule.allowedCountries.join(', ') || 'none'}.`
            : `Region ${region} states no country.`,
        );
    }
    return answer('allow', applying.length === 0 ? 'No rule concerns this class.' : 'Every rule is kept.');
  },

  'rate-limit': (document, { purpose }) => {
    const limit = document.limits.find(
      l => !l.purpose || (purpose !== undefined && matches(l.purpose, purpose)),
    );
    if (!limit) return answer('allow', 'No limit concerns this purpose.');
    return answer('limit', `At most ${limit.perMinute} a minute.`, {
      perMinute: limit.perMinute,
      burst: limit.burst ?? limit.perMinute,
    });
  },

  retention: (document, { dataClass }) => {
    const days = document.rules.find(rule => rule.dataClass === dataClass)?.days ?? document.defaultDays;
    return answer('allow', `Keep for ${days} days.`, { days });
  },

  autonomy: (document, { risk, action, factor, share, environment }) => {
    const tier =
      risk === 'low' || risk === 'medium' || risk === 'high' || risk === 'critical' ? risk : 'critical';
    const own = action === undefined ? undefined : document.actions[action];
    const wanted = [document.tiers[tier], own?.mode ?? 'auto'];
    const reasons = [`Risk ${tier}: ${document.tiers[tier]}.`];
    if (own?.mode) reasons.push(`${action}: ${own.mode}.`);
    if (own?.maxFactor !== undefined && (factor ?? 1) > own.maxFactor) {
      wanted.push('approve');
      reasons.push(`A factor of ${factor} is above ${own.maxFactor}.`);
    }
    const global = (share ?? 0) > document.globalThreshold && share !== undefined;
    if (global) {
      wanted.push('approve');
      reasons.push(`It touches ${Math.round((share ?? 0) * 100)} % of all targets.`);
    }
    const effect = wanted.includes('deny') ? 'deny' : wanted.includes('approve') ? 'approve' : 'allow';
    return {
      effect,
      reasons,
      obligations: {
        approvers: effect === 'approve' ? (global ? 2 : 1) : 0,
        dryRun: document.dryRunIn.some(e => e === environment),
      },
    };
  },

  consent: (document, { purpose }) => {
    if (purpose === undefined) return answer('deny', 'The question names no purpose.');
    if (document.denied.some(p => p === purpose)) return answer('deny', `Consent for ${purpose} is denied.`);
    return document.granted.some(p => p === purpose)
      ? answer('allow', `Consent for ${purpose} is granted.`)
      : answer('deny', `No consent for ${purpose} was given.`);
  },

  access: (document, { role, action, resource }) => {
    if (!role || !action || !resource)
      return answer('deny', 'The question names no role, action or resource.');
    const hits = document.rules.filter(
      rule =>
        rule.roles.some(p => matches(p, role)) &&
        rule.actions.some(p => matches(p, action)) &&
        rule.resources.some(p => matches(p, resource)),
    );
    if (hits.some(rule => rule.effect === 'deny'))
      return answer('deny', `A rule denies ${action} to ${role}.`);
    return hits.length > 0
      ? answer('allow', `A rule allows ${action} to ${role}.`)
      : answer('deny', `No rule allows ${action} to ${role}.`);
  },
};

/** Deterministic: the same content and question give the same answer, at the hub, at an edge and in a browser. */
export function evaluate(content: PolicyContent, question: Question): Answer {
  const { tenant } = content.scope;
  if (tenant !== undefined && tenant !== question.tenant)
    return answer('deny', `The policy belongs to the namespace of another tenant.`);
  // The schema ties document to kind; the record of evaluators cannot express that to the compiler.
  const of = evaluators[content.kind] as (document: unknown, question: Question) => Answer;
  return of(content.document, question);
}
