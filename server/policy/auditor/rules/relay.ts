import type { FindingResult, PolicyName } from '../schema.ts';
import {
  type AuditedRelay,
  budgetMs,
  concerns,
  type Facts,
  type Finding,
  finding,
  graceMs,
  silentMs,
} from './findings.ts';

type Said = [FindingResult, string, Record<string, string>?];

/** What can be said of one edge node. What a silent one holds now is not known, and never a pass. */
export function auditRelay(relay: AuditedRelay, facts: Facts): Finding[] {
  const subject = { subjectKind: 'relay' as const, subject: relay.id, region: relay.region };
  const of = (
    policy: PolicyName,
    rule: string,
    category: string,
    severity: Finding['severity'],
    said: Said,
  ) => finding(subject, policy, `relay.${rule}`, category, severity, said);
  const standing = of('P3', 'admission', 'admission', 'high', standingOf(relay));
  if (relay.state === 'pending' || relay.state === 'revoked') return [standing];
  const age = relay.lastSeenAt === null ? null : facts.now - Date.parse(relay.lastSeenAt);
  const silent = age === null || age > silentMs;
  const told =
    age === null ? 'It was never heard of' : `It was last heard of ${Math.round(age / 1000)} s ago`;
  const now = (said: () => Said): Said =>
    silent ? ['error', `${told}: what it holds now cannot be said`] : said();
  return [
    standing,
    of('P2', 'conduct', 'integrity', 'critical', conductOf(relay)),
    of(
      'P2',
      'signatures',
      'signing',
      'critical',
      now(() => heldSignatures(relay)),
    ),
    of(
      'P2',
      'signing_key',
      'signing',
      'high',
      now(() => heldKey(relay)),
    ),
    of(
      'P2',
      'expiry',
      'validity',
      'high',
      now(() => heldExpiry(relay, facts.now)),
    ),
    of(
      'P7',
      'holds',
      'integrity',
      'critical',
      now(() => holds(relay, facts)),
    ),
    of(
      'P7',
      'position',
      'activation',
      'high',
      now(() => position(relay, facts)),
    ),
    of('P7', 'freshness', 'staleness', 'high', freshness(relay, silent, told)),
    of(
      'P5',
      'scope',
      'isolation',
      'critical',
      now(() => scopeOf(relay, facts)),
    ),
    of('P6', 'propagation', 'performance', 'medium', propagation(relay)),
    of(
      'P4',
      'heartbeat',
      'observability',
      'medium',
      silent
        ? ['fail', `${told}; a heartbeat is due each second`]
        : [
            'pass',
            'Its signed heartbeat says its position, epoch and count of decisions',
            { decisions: String(relay.decisions) },
          ],
    ),
    of('P1', 'privacy', 'privacy', 'high', byControls(facts, 'P1')),
  ];
}

function standingOf(relay: AuditedRelay): Said {
  if (relay.state === 'admitted') return ['pass', 'It was admitted with a key of its own'];
  const why = relay.stateReason ? `: ${relay.stateReason}` : '';
  if (relay.state === 'pending') return ['skip', 'It waits to be admitted and is sent nothing'];
  if (relay.state === 'revoked') return ['skip', `Its key was revoked${why}`];
  return ['fail', `It is quarantined${why}`];
}

function conductOf(relay: AuditedRelay): Said {
  const refused = relay.refused.slice(0, 5).join('; ');
  if (relay.strikes > 0)
    return ['fail', `It sent ${relay.strikes} messages with a wrong signature, number or hash`];
  if (relay.refused.length > 0) return ['warn', `It refused what it was sent: ${refused}`];
  return ['pass', 'No message of it was refused, and it refused nothing in the last day'];
}

function heldSignatures(relay: AuditedRelay): Said {
  if (relay.held.length === 0) return ['skip', 'It holds no policy'];
  const wrong = relay.held.flatMap(h => {
    const name = `${h.policy}@${h.version}`;
    if (!h.verdict) return [`${name} was never published`];
    if (h.verdict.refused !== null) return [`${name}: ${h.verdict.refused}`];
    return h.verdict.computed === h.hash ? [] : [`${name} has another hash than the published bytes`];
  });
  return wrong.length === 0
    ? [
        'pass',
        `Both signatures and the hash hold for all ${relay.held.length} policies it says it has active`,
      ]
    : ['fail', wrong.slice(0, 5).join('; '), { wrong: String(wrong.length) }];
}

function heldKey(relay: AuditedRelay): Said {
  if (relay.held.length === 0) return ['skip', 'It holds no policy'];
  const n = relay.held.filter(h => h.verdict?.simulationKey).length;
  return n === 0
    ? ['pass', 'All it holds is signed with an operator’s own key']
    : ['error', `Blocked: ${n} of ${relay.held.length} are signed with the labelled simulation key only`];
}

function heldExpiry(relay: AuditedRelay, now: number): Said {
  const dated = relay.held.filter(h => h.verdict?.expires);
  if (dated.length === 0) return ['skip', 'Nothing it holds expires'];
  const over = dated.filter(h => Date.parse(h.verdict?.expires ?? '') <= now).map(h => h.policy);
  return over.length === 0
    ? ['pass', `None of ${dated.length} policies with an end has expired`]
    : ['fail', `Expired and active still: ${over.join(', ')}`];
}

function holds(relay: AuditedRelay, facts: Facts): Said {
  const wanted = facts.policies.filter(p => concerns(p, relay));
  if (wanted.length === 0) return ['skip', 'No active policy concerns it'];
  const held = new Map(relay.held.map(h => [h.policy, h]));
  const young: string[] = [];
  const wrong = wanted.flatMap(p => {
    const h = held.get(p.id);
    if (h?.version === p.version) return h.hash === p.hash ? [] : [`${p.id} with another hash`];
    if (p.activation && facts.now - Date.parse(p.activation.from) < graceMs) {
      young.push(p.id);
      return [];
    }
    return [h ? `${p.id} at version ${h.version} instead of ${p.version}` : `${p.id} not at all`];
  });
  if (wrong.length > 0)
    return ['fail', `It holds ${wrong.slice(0, 5).join('; ')}`, { wrong: String(wrong.length) }];
  return young.length > 0
    ? ['warn', `${young.join(', ')} became active a moment ago and is on its way`]
    : ['pass', `It holds all ${wanted.length} active policies that concern it, with their hashes`];
}

function position(relay: AuditedRelay, facts: Facts): Said {
  const said = { cursor: String(relay.cursor), head: String(facts.head), epoch: String(relay.epoch) };
  if (relay.cursor > facts.head)
    return ['fail', `It claims entry ${relay.cursor} of a log that ends at ${facts.head}`, said];
  const epoch = Math.max(0, ...facts.policies.filter(p => concerns(p, relay)).map(p => p.epoch));
  const behind = facts.head - relay.cursor;
  if (behind > 2) return ['fail', `It is ${behind} entries behind the log`, said];
  if (relay.epoch < epoch && behind === 0) return ['fail', `It is at epoch ${relay.epoch} of ${epoch}`, said];
  return ['pass', `At entry ${relay.cursor} of ${facts.head}, epoch ${relay.epoch}`, said];
}

function freshness(relay: AuditedRelay, silent: boolean, told: string): Said {
  if (silent) return ['fail', `${told}; it follows each policy’s staleness contract`];
  return relay.stale
    ? ['warn', 'It says that it may be behind and follows each policy’s staleness contract']
    : ['pass', `${told} and holds a lease from the hub`];
}

function scopeOf(relay: AuditedRelay, facts: Facts): Said {
  const by = new Map(facts.policies.map(p => [p.id, p]));
  const foreign = relay.held.filter(h => {
    const policy = by.get(h.policy);
    return policy !== undefined && !concerns(policy, relay);
  });
  return foreign.length === 0
    ? ['pass', 'It holds nothing from outside of its region and labels']
    : ['fail', `It holds what does not concern it: ${foreign.map(h => h.policy).join(', ')}`];
}

function propagation(relay: AuditedRelay): Said {
  if (relay.p99 === null || relay.samples === 0)
    return ['skip', 'Nothing was published to it in the last day, so there is no time to judge'];
  const ms = Math.round(relay.p99);
  const said = { p99_ms: String(ms), samples: String(relay.samples) };
  return ms <= budgetMs
    ? ['pass', `Publish to active within ${ms} ms (99th percentile of ${relay.samples})`, said]
    : [
        'fail',
        `Publish to active took ${ms} ms (99th percentile of ${relay.samples}); ${budgetMs} ms are allowed`,
        said,
      ];
}

/** Where a node cannot be asked itself, what the console's own controls prove about it is what can be said. */
export function byControls(facts: Facts, policy: PolicyName): Said {
  if (facts.controls === null) return ['error', 'The console’s controls have not run lately'];
  const said = facts.controls.filter(c => c.policy === policy && c.result !== 'N/A');
  if (said.length === 0)
    return [
      'skip',
      `No control proves ${policy} for a node: a relay keeps policies, counts and its own key only`,
    ];
  const worst = said.find(c => c.result === 'FAIL') ?? said.find(c => c.result === 'BLOCKED') ?? said[0];
  const result = worst?.result === 'FAIL' ? 'fail' : worst?.result === 'BLOCKED' ? 'error' : 'pass';
  return [result, `${worst?.control}: ${worst?.reason}`, { controls: said.map(c => c.control).join(', ') }];
}
