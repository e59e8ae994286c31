import { type AuditedPolicy, expiry, type Facts, type Finding, finding } from './findings.ts';

/** What can be said of an active policy from what is stored at the hub alone. */
export function auditPolicy(policy: AuditedPolicy, { now }: Facts): Finding[] {
  const subject = { subjectKind: 'policy' as const, subject: `${policy.id}@${policy.version}`, region: null };
  const { verdict, activation } = policy;
  const of = (...rest: [...Parameters<typeof finding>] extends [unknown, ...infer R] ? R : never) =>
    finding(subject, ...rest);
  const hashes = { stored: policy.hash, computed: verdict.computed };
  return [
    of('P2', 'policy.signatures', 'signing', 'critical', signatures(verdict)),
    of(
      'P2',
      'policy.signing_key',
      'signing',
      'high',
      verdict.simulationKey
        ? ['error', 'Blocked: it is signed with the labelled simulation key, not with an operator’s own']
        : ['pass', 'It is signed with an operator’s own key'],
    ),
    of(
      'P2',
      'policy.hash',
      'integrity',
      'critical',
      verdict.computed === policy.hash
        ? ['pass', 'The stored bytes hash to what is said to be active', hashes]
        : ['fail', 'The stored bytes hash to something else than what is said to be active', hashes],
    ),
    of('P2', 'policy.expiry', 'validity', 'high', expiry(verdict.expires, now)),
    of('P7', 'policy.epoch', 'activation', 'high', epochOf(policy, activation)),
  ];
}

export const signatures = (verdict: AuditedPolicy['verdict']): ['pass' | 'warn' | 'fail', string] => {
  if (verdict.refused !== null)
    return ['fail', `Its two signatures do not both hold over the stored bytes: ${verdict.refused}`];
  return verdict.oldKey
    ? ['warn', 'Both signatures hold; one is by a key that was rotated away since']
    : ['pass', 'The classical and the ML-DSA-65 signature hold over the stored bytes'];
};

function epochOf(
  policy: AuditedPolicy,
  activation: AuditedPolicy['activation'],
): ['pass' | 'fail', string, Record<string, string>] {
  const said = { epoch: String(policy.epoch) };
  if (!activation) return ['fail', `Nothing says since when epoch ${policy.epoch} holds`, said];
  if (activation.version !== policy.version || activation.hash !== policy.hash)
    return ['fail', `Epoch ${policy.epoch} activated version ${activation.version} and not this one`, said];
  if (policy.logged === false)
    return ['fail', `No signed entry of the hub’s log activates it under epoch ${policy.epoch}`, said];
  return ['pass', `Active under epoch ${policy.epoch} since ${activation.from}`, said];
}
