import type { JobRequest } from '#kernel/ledger/event.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';
import { rank } from '../rules/facts.ts';
import type { Severity } from '../schema.ts';

const groupOf = (incidentId: string) => `incident:${incidentId}`;

/** Whoever runs the console hears of a new incident that is bad enough to be woken for. */
export const incidentMessage = (incident: {
  tenantId: string;
  id: string;
  title: string;
  severity: Severity;
  services: readonly string[];
  simulated: boolean;
}): JobRequest[] =>
  rank(incident.severity) < rank('high')
    ? []
    : [
        notificationJob({
          groupKey: groupOf(incident.id),
          kind: 'alert',
          severity: incident.severity === 'critical' ? 'critical' : 'warning',
          title: `${incident.tenantId}: ${incident.title}`.slice(0, 200),
          lines: [
            { label: 'Severity', value: incident.severity },
            { label: 'Tenant', value: incident.tenantId },
            ...(incident.services.length > 0
              ? [{ label: 'Services', value: incident.services.join(', ').slice(0, 500) }]
              : []),
            ...(incident.simulated ? [{ label: 'World', value: 'simulated' }] : []),
          ],
          link: `/governance/incidents/${incident.tenantId}/${incident.id}`,
          to: { roles: ['admin', 'operator'] },
        }),
      ];

export const incidentOver = (incidentId: string): JobRequest => retireJob(groupOf(incidentId));
