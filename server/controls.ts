import type { AnyRouter } from '@trpc/server';
import { budgetControl } from '#kernel/controls/budgets.ts';
import { type Control, defineControl } from '#kernel/controls/define.ts';
import { procedureControl, proceduresOf } from '#kernel/controls/procedures.ts';
import { env } from '#kernel/env/env.ts';
import { routesOf } from '#kernel/http/rest/routes.ts';
import { traceHeaders } from '#kernel/trace/trace.ts';
import { type SystemInfo, systems } from './systems.ts';

type PortedSystem = SystemInfo & { port: number };
const deadlineMs = 2000;
const tries = 10;
const betweenMs = 300;

/** Controls that look at the console as a whole: all procedures, all ports. A relay runs here in simulation only. */
export function consoleControls(router: AnyRouter): Control[] {
  const procedures = proceduresOf(router);
  const open = systems.filter(
    (s): s is PortedSystem =>
      s.port !== undefined &&
      routesOf(router, [s.key]).length > 0 &&
      (s.key !== 'relays' || env().simulation),
  );
  return [procedureControl(() => procedures), budgetControl(), portControl(() => open)];
}

export const portControl = (open: () => readonly PortedSystem[]): Control =>
  defineControl({
    id: 'P4.ports',
    policy: 'P4',
    system: 'kernel',
    title: 'Every service port answers /health and /metrics',
    run: async () => {
      const found = await Promise.all(
        open().map(async system => ({ system, silent: await silence(system) })),
      );
      const silent = found.filter(f => f.silent !== null);
      return silent.length === 0
        ? { result: 'PASS', reason: `${found.length} ports answered both` }
        : {
            result: 'FAIL',
            reason: silent.map(f => `${f.system.key} on ${portOf(f.system)}: ${f.silent}`).join('; '),
          };
    },
  });

const portOf = (system: PortedSystem): number => system.port + env().servicePortOffset;

/** Unavailable is an answer, too: whether the system is well is told by /health itself, not by this control. */
async function silence(system: PortedSystem): Promise<string | null> {
  try {
    const health = await ask(system, '/health');
    const said = (await health.json()) as { system?: unknown };
    if (![200, 503].includes(health.status) || said.system !== system.key)
      return '/health is answered by something else';
    const metrics = await ask(system, '/metrics');
    // Off simulation a scraper brings a token, and this control has none: to be asked for one is an answer.
    if (metrics.status === 401 && metrics.headers.get('www-authenticate')?.startsWith('Bearer')) return null;
    return metrics.status === 200 && (await metrics.text()).includes('# TYPE ')
      ? null
      : '/metrics has no metrics';
  } catch {
    return 'no answer';
  }
}

async function ask(system: PortedSystem, path: string): Promise<Response> {
  const host = ['0.0.0.0', '::'].includes(env().host) ? '127.0.0.1' : env().host;
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${portOf(system)}${path}`;
  const once = () => fetch(address, { signal: AbortSignal.timeout(deadlineMs), headers: traceHeaders() });
  // A worker that has just started runs its first controls a moment before its ports and the relays are there.
  for (let left = tries; ; left -= 1)
    try {
      return await once();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise(resolve => setTimeout(resolve, betweenMs));
    }
}
