import type { EdgeState } from '../rules/edge.ts';

export interface RelayStatus {
  id: string;
  hub: string;
  region: string | null;
  labels: Record<string, string>;
  connected: boolean;
  fresh: boolean;
  staleForMs: number | null;
  cursor: number;
  head: number | null;
  epoch: number;
  active: {
    policy: string;
    kind: string;
    version: number;
    hash: string;
    epoch: number;
    expires: string | null;
  }[];
  staged: { policy: string; version: number; hash: string }[];
  behind: { policy: string; version: number; epoch: number }[];
  /** Did not hold when the disk was read: never served, until the log has given it again. */
  damaged: { policy: string; version: number; reason: string }[];
  refusals: Record<string, number>;
  fork: string | null;
  refusedByHub: string | null;
  decisions: number;
  /** Who is no longer trusted in the federation, as the hub last said it. */
  trust: { sequence: number; revoked: string[] } | null;
  agent: string;
}

export const holdingsOf = ({
  active,
  staged,
  behind,
}: EdgeState): Pick<RelayStatus, 'active' | 'staged' | 'behind'> => ({
  active: [...active].map(([policy, h]) => ({
    policy,
    kind: h.policy.content.kind,
    version: h.version,
    hash: h.policy.hash,
    epoch: h.epoch,
    expires: h.policy.content.expires,
  })),
  staged: [...staged.values()].map(h => ({
    policy: h.policy.content.id,
    version: h.version,
    hash: h.policy.hash,
  })),
  behind: [...behind].map(([policy, b]) => ({ policy, ...b })),
});

/** Prometheus text, written here: a relay carries no metrics library. */
export function metricsText(status: RelayStatus, carrier: string): string {
  const lines: string[] = [];
  const metric = (name: string, type: 'gauge' | 'counter', help: string, values: [string, number][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
  };
  metric('relay_connected', 'gauge', 'Whether the relay is connected to its hub', [
    [`{carrier="${carrier}"}`, status.connected ? 1 : 0],
  ]);
  metric('relay_fresh', 'gauge', 'Whether the relay knows that it is current', [['', status.fresh ? 1 : 0]]);
  metric('relay_policy_epoch', 'gauge', 'The newest activation this relay has taken part in', [
    ['', status.epoch],
  ]);
  metric('relay_policies_active', 'gauge', 'Policies active on this relay', [['', status.active.length]]);
  metric('relay_policies_behind', 'gauge', 'Policies the fleet has and this relay has not', [
    ['', status.behind.length],
  ]);
  metric('relay_log_cursor', 'gauge', 'Position in the log of the hub', [['', status.cursor]]);
  metric('relay_decisions_total', 'counter', 'Decisions made since the start', [['', status.decisions]]);
  const refusals = Object.entries(status.refusals).map(([reason, n]): [string, number] => [
    `{reason="${reason}"}`,
    n,
  ]);
  if (refusals.length > 0)
    metric('relay_refusals_total', 'counter', 'What the relay refused, by reason', refusals);
  return `${lines.join('\n')}\n`;
}
