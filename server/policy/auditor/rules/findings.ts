import type { FindingResult, FindingRow, PolicyName } from '../schema.ts';

/** What a look anew at stored bytes found; no earlier verdict is taken over. */
export interface Verdict {
  /** Null: both signatures hold, over exactly these bytes, for this id and version. Else why not. */
  refused: string | null;
  /** SHA-256 of the bytes as they lie in the database. */
  computed: string;
  expires: string | null;
  simulationKey: boolean;
  /** Signed by a key that was rotated away since. */
  oldKey: boolean;
}

export interface AuditedPolicy {
  id: string;
  version: number;
  hash: string;
  epoch: number;
  tenantId: string | null;
  scope: { regions: readonly string[]; labels: Readonly<Record<string, string>> };
  verdict: Verdict;
  activation: { version: number; hash: string; from: string } | null;
  /** Whether a signed entry of the log activates this version under this epoch; null = older than what was read. */
  logged: boolean | null;
}

export interface AuditedRelay {
  id: string;
  region: string | null;
  labels: Readonly<Record<string, string>>;
  state: 'pending' | 'admitted' | 'quarantined' | 'revoked';
  stateReason: string | null;
  cursor: number;
  epoch: number;
  stale: boolean;
  strikes: number;
  decisions: number;
  lastSeenAt: string | null;
  updatedAt: string;
  held: readonly {
    policy: string;
    version: number;
    hash: string;
    epoch: number;
    /** Null: never published. */
    verdict: Verdict | null;
  }[];
  p99: number | null;
  samples: number;
  refused: readonly string[];
  discrepancies: number;
}

export interface ControlSaid {
  policy: PolicyName;
  result: 'PASS' | 'FAIL' | 'BLOCKED' | 'N/A';
  control: string;
  reason: string;
}

export interface Facts {
  now: number;
  head: number;
  /** Null: the end of the log is whole and signed twice. Else what is wrong with it. */
  log: { entries: number; broken: string | null };
  policies: readonly AuditedPolicy[];
  relays: readonly AuditedRelay[];
  /** Null: the console's controls have not run lately. */
  controls: readonly ControlSaid[] | null;
}

export type Finding = Omit<FindingRow, 'id' | 'auditId' | 'entryUid' | 'digest'>;

export const silentMs = 10_000;
export const graceMs = 10_000;
export const budgetMs = 2000;
const soonMs = 7 * 86_400_000;

/** One finding; `properties` hold what it rests on, as text, as OpenReports wants it. */
export const finding = (
  subject: Pick<Finding, 'subjectKind' | 'subject' | 'region'>,
  policy: PolicyName,
  rule: string,
  category: string,
  severity: Finding['severity'],
  [result, message, properties = {}]: [FindingResult, string, Record<string, string>?],
): Finding => ({ ...subject, policy, rule, category, severity, result, message, properties });

export const expiry = (expires: string | null, now: number): [FindingResult, string] => {
  if (expires === null) return ['skip', 'It does not expire'];
  const left = Date.parse(expires) - now;
  if (left <= 0) return ['fail', `It expired at ${expires} and is active still`];
  return left < soonMs
    ? ['warn', `It expires within a week, at ${expires}`]
    : ['pass', `It holds until ${expires}`];
};

export const concerns = (policy: AuditedPolicy, relay: AuditedRelay): boolean =>
  (policy.scope.regions.length === 0 ||
    (relay.region !== null && policy.scope.regions.includes(relay.region))) &&
  Object.entries(policy.scope.labels).every(([key, value]) => relay.labels[key] === value);
