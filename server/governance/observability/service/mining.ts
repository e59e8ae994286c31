import { createHash } from 'node:crypto';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { createMiner, type Miner, type Template, templateText } from '../rules/drain.ts';
import { countTemplates, loadTemplates, type TemplateCount } from '../store/templates.ts';
import type { StoredTemplate } from '../store/write.ts';

const mined = gauge('telemetry_templates', 'Templates of log lines that this process knows', ['tenant']);

interface Tenant {
  miner: Miner;
  /** Since the last time they were written down. */
  counts: Map<string, TemplateCount>;
}

export interface Mining {
  /** Gives the template of a line, and what has to be stored of it if it is new. */
  mine(line: { event: string; message: string | null; severity: number; at: Date }): {
    id: string;
    fresh: StoredTemplate | null;
  };
}

const tenants = new WeakMap<Database, Map<string, Promise<Tenant>>>();
const timers = new WeakMap<Database, NodeJS.Timeout>();
const everyMs = 3000;
const mostTenants = 500;

const idOf = (tenantId: string) => (event: string, words: readonly string[]) =>
  createHash('sha256')
    .update([tenantId, event, ...words].join('\u0000'))
    .digest('hex')
    .slice(0, 16);

async function open(database: Database, tenantId: string): Promise<Tenant> {
  const miner = createMiner(idOf(tenantId));
  const known = await loadTemplates(database, tenantId);
  miner.learn(
    known.map(
      (row): Template => ({
        id: row.id,
        event: row.event,
        words: row.template === row.event ? [] : row.template.split(' '),
      }),
    ),
  );
  return { miner, counts: new Map() };
}

/** What a tenant's lines look like is kept in memory and, a few seconds later, in its table. */
export async function miningFor(database: Database, tenantId: string): Promise<Mining> {
  const all = tenants.get(database) ?? new Map<string, Promise<Tenant>>();
  tenants.set(database, all);
  let opening = all.get(tenantId);
  if (!opening) {
    if (all.size >= mostTenants) {
      await flushTemplates(database);
      all.clear();
    }
    opening = open(database, tenantId);
    all.set(tenantId, opening);
    opening.catch(() => all.delete(tenantId));
  }
  const tenant = await opening;
  return {
    mine: ({ event, message, severity, at }) => {
      const { template, created } = tenant.miner.match(event, message);
      const text = templateText(template);
      const count = tenant.counts.get(template.id);
      if (count) {
        count.count += 1;
        count.template = text;
        if (severity > count.severity) count.severity = severity;
        if (at < count.firstSeen) count.firstSeen = at;
        if (at > count.lastSeen) count.lastSeen = at;
      } else
        tenant.counts.set(template.id, {
          tenantId,
          id: template.id,
          template: text,
          event,
          severity,
          example: message ?? event,
          count: 1,
          firstSeen: at,
          lastSeen: at,
        });
      schedule(database);
      if (!created) return { id: template.id, fresh: null };
      mined.set({ tenant: tenantId }, tenant.miner.size);
      return {
        id: template.id,
        fresh: {
          tenantId,
          id: template.id,
          template: text,
          event,
          severity,
          example: message ?? event,
          firstSeen: at,
        },
      };
    },
  };
}

function schedule(database: Database): void {
  if (timers.has(database)) return;
  const timer = setTimeout(() => {
    timers.delete(database);
    flushTemplates(database).catch(error => log().warn({ event: 'telemetry.templates_failed', error }));
  }, everyMs).unref();
  timers.set(database, timer);
}

export async function flushTemplates(database: Database): Promise<void> {
  const rows: TemplateCount[] = [];
  for (const opening of tenants.get(database)?.values() ?? []) {
    const tenant = await opening;
    rows.push(...tenant.counts.values());
    tenant.counts.clear();
  }
  await countTemplates(database, rows);
}

/** What was counted is written now, and nothing later: the pools may end right after. */
export async function closeMining(database: Database): Promise<void> {
  clearTimeout(timers.get(database));
  timers.delete(database);
  await flushTemplates(database);
}
