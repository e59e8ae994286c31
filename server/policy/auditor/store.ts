import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { AuditRow, FindingRow } from './schema.ts';

export interface PolicyFact {
  id: string;
  kind: string;
  tenantId: string | null;
  version: number;
  hash: string;
  epoch: number;
  /** Of the stored version, which should be the same. */
  storedHash: string;
  content: Buffer;
  statement: string;
  simulationKey: boolean;
  activation: { version: number; hash: string; from: string } | null;
}

export const selectActive = (db: ReadDb): Promise<PolicyFact[]> =>
  db.query({
    sql: `select p.id, p.kind, p.tenant_id as "tenantId", p.active_version as version, p.active_hash as hash,
        p.active_epoch as epoch, v.hash as "storedHash", v.content, v.statement, v.simulation_key as "simulationKey",
        (select jsonb_build_object('version', a.version, 'hash', a.hash, 'from', a."from") from policy_activation a
          where a.policy_id = p.id and a.epoch = p.active_epoch and a.until is null and not a.revoked) as activation
      from policy p join policy_version v on v.policy_id = p.id and v.version = p.active_version
      where p.state = 'active' order by p.id`,
    parameters: [],
  });

export interface HeldFact {
  policy: string;
  version: number;
  hash: string;
  epoch: number;
  /** Null where no such version was ever published. */
  content: Buffer | null;
  statement: string | null;
  simulationKey: boolean | null;
}

export interface RelayFact {
  id: string;
  region: string | null;
  labels: Record<string, string>;
  state: 'pending' | 'admitted' | 'quarantined' | 'revoked';
  stateReason: string | null;
  simulated: boolean;
  cursor: number;
  epoch: number;
  stale: boolean;
  strikes: number;
  decisions: number;
  joinedAt: string;
  lastSeenAt: string | null;
  updatedAt: string;
  held: HeldFact[];
  /** Of the last day, publish to active, in milliseconds. */
  p99: number | null;
  samples: number;
  refused: string[];
  discrepancies: number;
}

interface HeldRow extends HeldFact {
  relay: string;
}

export async function selectRelayFacts(db: ReadDb, now: Date): Promise<RelayFact[]> {
  const relays = await db.query<Omit<RelayFact, 'held'>>({
    sql: `select r.id, r.region, r.labels, r.state, r.state_reason as "stateReason", r.simulated, r.cursor, r.epoch, r.stale,
        r.strikes, r.decisions, r.joined_at as "joinedAt", r.last_seen_at as "lastSeenAt", r.updated_at as "updatedAt",
        m.p99, coalesce(m.samples, 0) as samples, coalesce(m.refused, '{}') as refused,
        (select count(*)::int from policy_discrepancy d where d.relay_id = r.id and d.resolved_at is null) as discrepancies
      from relay r left join (
        select m.relay_id,
          percentile_cont(0.99) within group (order by extract(epoch from m.active_at - o.published_at) * 1000)
            filter (where m.active_at is not null) as p99,
          count(m.active_at)::int as samples,
          array_agg(distinct o.policy_id || '@' || o.version || ': ' || coalesce(m.reason, 'no reason'))
            filter (where m.ack = 'refused') as refused
        from policy_rollout_member m join policy_rollout o on o.id = m.rollout_id
        where o.published_at > $1::timestamptz - interval '1 day' group by m.relay_id) m on m.relay_id = r.id
      order by r.id`,
    parameters: [now],
  });
  const held = await db.query<HeldRow>({
    sql: `select h.relay_id as relay, h.policy_id as policy, h.version, h.hash, h.epoch, v.content, v.statement,
        v.simulation_key as "simulationKey"
      from relay_policy h left join policy_version v on v.policy_id = h.policy_id and v.version = h.version
      order by h.relay_id, h.policy_id`,
    parameters: [],
  });
  const of = Map.groupBy(held, row => row.relay);
  return relays.map(relay => ({ ...relay, held: of.get(relay.id) ?? [] }));
}

export interface LogFact {
  seq: number;
  hash: string;
  header: string;
  body: string;
}

/** The end of the log, oldest first. */
export const selectLogTail = (db: ReadDb, most: number): Promise<LogFact[]> =>
  db.query({
    sql: `select * from (select seq, hash, header, body from policy_log order by seq desc limit $1) l order by seq`,
    parameters: [most],
  });

const auditColumns = `id, at, trigger, by, relays, policies, findings, failed, blocked, warned, simulated,
  took_ms as "tookMs", root, entry_uid as "entryUid"`;

export const selectAudits = (db: ReadDb, limit: number): Promise<AuditRow[]> =>
  db.query({
    sql: `select ${auditColumns} from edge_audit order by at desc, id desc limit $1`,
    parameters: [limit],
  });

export const findAudit = (db: ReadDb, id: string): Promise<AuditRow | null> =>
  db.one({
    sql: `select ${auditColumns} from edge_audit where $1 = 'latest' or id = $1 order by at desc, id desc limit 1`,
    parameters: [id],
  });

const findingColumns = `id, audit_id as "auditId", subject_kind as "subjectKind", subject, region, policy, rule, category,
  severity, result, message, properties, digest, entry_uid as "entryUid"`;

export const selectFindings = (db: ReadDb, audit: string): Promise<FindingRow[]> =>
  db.query({
    sql: `select ${findingColumns} from edge_finding where audit_id = $1 order by ordinal`,
    parameters: [audit],
  });

export const findFinding = (db: ReadDb, id: string): Promise<FindingRow | null> =>
  db.one({ sql: `select ${findingColumns} from edge_finding where id = $1`, parameters: [id] });

export async function saveAudit(
  tx: Tx,
  audit: AuditRow,
  findings: readonly Omit<FindingRow, 'id' | 'auditId' | 'entryUid'>[],
): Promise<void> {
  const { entryUid, ...row } = audit;
  await tx.edgeAudit.create({ data: { ...row, entryUid }, select: { id: true } });
  await tx.edgeFinding.createMany({
    data: findings.map((f, ordinal) => ({
      ...f,
      id: `${audit.id}.${ordinal}`,
      auditId: audit.id,
      entryUid,
      ordinal,
    })),
  });
  await tx.$executeRaw`delete from edge_audit where at < ${new Date(audit.at)}::timestamptz - interval '35 days'`;
}
