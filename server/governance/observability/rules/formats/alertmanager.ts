import { instant } from './cloudevents.ts';
import { type Fields, isObject, type Line, list, present, stableId, tenantOf, text } from './line.ts';

export const isAlertmanager = (value: unknown): value is Fields =>
  isObject(value) && Array.isArray(value.alerts) && 'version' in value;

/**
 * The webhook of Alertmanager, version 4. A repeated notice of the same alert is the same event; that it was resolved is
 * another one. What has been firing for longer than anything is kept counts as of now.
 */
export function fromAlertmanager(body: Fields, now: Date, oldest: Date): Line[] {
  if (body.version !== '4')
    return [{ line: 1, problem: `Version ${String(body.version)} is not understood; 4 is.` }];
  return list(body.alerts).map((alert, index): Line => {
    const line = index + 1;
    if (!isObject(alert)) return { line, problem: 'Not an alert.' };
    const labels = isObject(alert.labels) ? alert.labels : {};
    const notes = isObject(alert.annotations) ? alert.annotations : {};
    const name = text(labels.alertname);
    if (!name) return { line, problem: 'An alert needs the label alertname.' };
    const resolved = alert.status === 'resolved';
    const at = instant(text(resolved ? alert.endsAt : alert.startsAt));
    const tooOld = at !== undefined && new Date(at) < oldest;
    const { alertname: _n, severity, service, region, tenant: _a, tenant_id: _b, ...others } = labels;
    const fingerprint = text(alert.fingerprint) ?? stableId(JSON.stringify(Object.entries(labels).sort()));
    return {
      line,
      event: present({
        tenant_id: tenantOf(labels),
        event: name,
        severity: resolved ? 'info' : (text(severity) ?? 'medium'),
        service: text(service) ?? text(labels.job),
        region: text(region),
        message: `${resolved ? 'Resolved: ' : ''}${text(notes.summary) ?? text(notes.description) ?? name}`,
        ts: tooOld ? now.toISOString() : at,
        id: stableId('alertmanager', fingerprint, alert.status, alert.startsAt, resolved ? alert.endsAt : ''),
        attributes: present({
          ...others,
          status: text(alert.status),
          starts_at: text(alert.startsAt),
          description: text(notes.description),
          runbook_url: text(notes.runbook_url),
          generator_url: text(alert.generatorURL),
          receiver: text(body.receiver),
        }),
      }),
    };
  });
}
