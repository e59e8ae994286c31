import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { leaksInSample } from './service/leaks.ts';
import { firstKeptDay } from './service/retention.ts';
import { selectPartitions } from './store/retention.ts';

export const telemetryRetention = defineControl({
  id: 'P1.telemetry_retention',
  policy: 'P1',
  system: 'telemetry',
  title: 'No day of telemetry is older than retention allows',
  run: async ctx => {
    const [partitions, first] = await Promise.all([selectPartitions(ctx.db), firstKeptDay(ctx)]);
    if (partitions.length === 0) return { result: 'N/A', reason: 'Nothing has been ingested yet' };
    const before = partitions.filter(p => p.day < first);
    // The job looks once an hour, so a day may stay for that long after it is over.
    const hour = ctx.clock.now().getUTCHours();
    const late = hour >= 2 ? before : before.filter(p => p.day < dayBefore(first));
    return late.length === 0
      ? { result: 'PASS', reason: `${partitions.length} partitions, none from before ${first}` }
      : { result: 'FAIL', reason: `Still there: ${late.map(p => `${p.parent} of ${p.day}`).join(', ')}` };
  },
});

const dayBefore = (day: string) => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);

export const telemetryRedaction = defineControl({
  id: 'P1.telemetry_redaction',
  policy: 'P1',
  system: 'telemetry',
  title: 'The newest events hold nothing that the redactor would take out',
  run: async ctx => {
    const { looked, leaks, blind } = await leaksInSample(ctx);
    if (blind) return { result: 'FAIL', reason: `The redactor did not recognise: ${blind.join(', ')}` };
    if (looked === 0) return { result: 'N/A', reason: 'Nothing has been ingested yet' };
    return leaks.length === 0
      ? { result: 'PASS', reason: `${looked} events were looked through` }
      : {
          result: 'FAIL',
          reason: `${leaks.length} of ${looked} events hold personal data or secrets`,
          evidence: leaks.slice(0, 20),
        };
  },
});

declareControls([telemetryRetention, telemetryRedaction]);
