import type { PolicyName } from '../schema.ts';
import { type Facts, type Finding, finding } from './findings.ts';
import { auditPolicy } from './policy.ts';
import { auditRelay, byControls } from './relay.ts';

const hub = { subjectKind: 'hub' as const, subject: 'hub', region: null };
const fromControls: readonly [PolicyName, string][] = [
  ['P3', 'execution'],
  ['P4', 'observability'],
  ['P5', 'isolation'],
];

/** Everything an audit says, in a fixed order: hub, policies, relays. */
export const auditAll = (facts: Facts): Finding[] => [
  finding(
    hub,
    'P2',
    'hub.log',
    'integrity',
    'critical',
    facts.log.broken === null
      ? facts.log.entries === 0
        ? ['skip', 'Nothing was published yet']
        : ['pass', `The last ${facts.log.entries} entries of the log are chained and signed twice`]
      : ['fail', facts.log.broken],
  ),
  ...fromControls.map(([policy, category]) =>
    finding(hub, policy, 'hub.controls', category, 'high', byControls(facts, policy)),
  ),
  ...facts.policies.flatMap(policy => auditPolicy(policy, facts)),
  ...facts.relays.flatMap(relay => auditRelay(relay, facts)),
];
