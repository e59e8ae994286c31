import type { FederationRules, MemberState } from '../schema.ts';

export interface Flow {
  from: { region: string; country: string | null };
  to: { region: string; country: string | null };
  dataClass: FederationRules['borders'][number]['classes'][number];
}

export interface FlowAnswer {
  allowed: boolean;
  reason: string;
}

const fits = (list: readonly string[], value: string | null): boolean =>
  list.includes('*') || (value !== null && list.includes(value));

/** Both tables must allow; in each the first line that fits decides, and an empty table rules nothing. */
export function judgeFlow(
  { replication, borders }: FederationRules,
  { from, to, dataClass }: Flow,
): FlowAnswer {
  if (from.region === to.region) return { allowed: true, reason: 'It stays where it is.' };
  if (replication.length > 0) {
    const line = replication.findIndex(rule => fits(rule.from, from.region) && fits(rule.to, to.region));
    if (line < 0) return no(`No line lets ${from.region} replicate to ${to.region}.`);
    if (!replication[line]?.allow)
      return no(`Line ${line + 1} keeps ${from.region} from replicating to ${to.region}.`);
  }
  if (borders.length === 0 || (from.country !== null && from.country === to.country))
    return { allowed: true, reason: 'The rules of the federation allow it.' };
  const line = borders.findIndex(
    rule => rule.classes.includes(dataClass) && fits(rule.from, from.country) && fits(rule.to, to.country),
  );
  const way = `${from.country ?? 'an unknown country'} to ${to.country ?? 'an unknown country'}`;
  if (line < 0) return no(`No line lets ${dataClass} data cross from ${way}.`);
  if (!borders[line]?.allow) return no(`Line ${line + 1} keeps ${dataClass} data from crossing from ${way}.`);
  return { allowed: true, reason: 'The rules of the federation allow it.' };
}

const no = (reason: string): FlowAnswer => ({ allowed: false, reason });

export const memberOrders = {
  admit: { from: ['pending'], to: 'active' },
  suspend: { from: ['pending', 'active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  revoke: { from: ['pending', 'active', 'suspended'], to: 'revoked' },
} as const satisfies Record<string, { from: readonly MemberState[]; to: MemberState }>;
export type MemberOrder = keyof typeof memberOrders;
