import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { env } from '#kernel/env/env.ts';
import type { Phase } from '#kernel/env/variables.ts';
import { version } from '#kernel/env/version.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { type SystemInfo, systems } from '#server/systems.ts';
import { readMatrix } from '../alerts/service.ts';
import { runPrecheck } from '../environment/service.ts';
import { entryTypesOf, isBuilt } from './built.ts';
import { noSuchReport, phaseBlocked } from './errors.ts';
import { reportMade } from './events.ts';
import { listFiles, readText, writeAll } from './files.ts';
import { realExchanges } from './gateway.real.ts';
import type { ExchangeGateway } from './gateway.ts';
import { recommendedTags, requestsOf } from './requests.ts';
import { logOf, outcomeOf, reportName, snapshotName, summary, summaryName, systemReport } from './rules.ts';
import type { Exchange, ListRunsInput, RunRow, ServiceResult, Snapshot } from './schema.ts';
import { sealSnapshot } from './seal.ts';
import { regionRegistration } from './signed-bodies.ts';
import { countRuns, findRun, insertRun, newestCheckpoint, newestEntries, selectRuns } from './store.ts';

type Reported = SystemInfo & { port: number; report: readonly [string, string] };

interface Looked {
  system: Reported;
  service: ServiceResult;
  exchanges: Exchange[];
}

/** Precheck, requests, files, signature, entry. A blocked phase is refused before anything is asked. */
export async function makeReport(
  ctx: CommandContext,
  phase: Phase,
  gateway: ExchangeGateway = realExchanges,
  precheck: typeof runPrecheck = runPrecheck,
): Promise<RunRow & { snapshot: Snapshot }> {
  const checked = await precheck(ctx, phase);
  if (checked.decision === 'BLOCK') throw phaseBlocked(checked);
  const now = ctx.clock.now();
  const at = now.toISOString();
  const looked = await Promise.all(systemsOf(phase).map(system => look(phase, system, gateway)));
  const [commit, matrix, checkpoint] = await Promise.all([
    commitOf(),
    policiesOf(ctx, phase),
    newestCheckpoint(ctx.db),
  ]);
  const files = new Map<string, string>();
  const simulated = env().simulation;
  for (const { system, service, exchanges } of looked) {
    const [id, short] = system.report;
    const entries = await newestEntries(ctx.db, entryTypesOf(system.key));
    const facts = { service, exchanges, simulated, gaps: checked.gaps, commit, matrix, entries };
    files.set(reportName(id, short), systemReport(facts));
    files.set(`logs/${id}.log`, logOf(at, exchanges));
    files.set(`${id}_exchanges.json`, pretty(exchanges));
    const health = exchanges.find(e => e.url.endsWith('/health'));
    files.set(
      `${id}_health.json`,
      pretty(health ? healthOf(health) : { status: 'not_built', system: system.key }),
    );
  }
  files.set(
    `logs/${phase}_end2end.log`,
    looked.map(l => `${l.service.id} ${l.service.outcome}\n${logOf(at, l.exchanges)}`).join(''),
  );
  files.set(`${phase}_metrics_sample.txt`, metricsSample(looked));
  const facts = {
    phase,
    version: version(),
    commit,
    generated_at: at,
    simulation_mode: simulated,
    recommended_tag: recommendedTags[phase],
    precheck: { decision: checked.decision, gaps: checked.gaps, at: checked.at },
    services: looked.map(l => l.service),
    matrix,
    ledger_checkpoint: checkpoint,
  };
  files.set(summaryName(phase), summary(facts));
  const reports = [...files].map(([file, text]) => ({
    file,
    sha256: sha256Hex(text),
    bytes: Buffer.byteLength(text),
  }));
  const signers = await activeSigners(ctx.database, ctx.clock);
  const sealed = await sealSnapshot({ ...facts, reports }, signers);
  files.set(snapshotName(phase), pretty(sealed));
  writeAll(files);
  const counts = {
    passed: sum(looked, l => l.service.passed),
    failed: sum(looked, l => l.service.failed),
    notBuilt: sum(looked, l => (l.service.outcome === 'not_built' ? 1 : 0)),
  };
  const run = { id: uuidv7(now.getTime()), phase, ...counts };
  await ctx.commit(reportMade(phase, { digest: sha256Hex(pretty(sealed)), ...counts }), tx =>
    insertRun(tx, run, sealed, now),
  );
  return { ...run, at, snapshot: sealed };
}

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((n, item) => n + of(item), 0);

const systemsOf = (phase: Phase): Reported[] =>
  systems.filter((s): s is Reported => s.phase === phase && s.port !== undefined && s.report !== undefined);

/** Off simulation an outsider without a token is asked for one, everywhere but at /health. */
const expected = (path: string, expect: readonly number[]) =>
  env().simulation || path === '/health' ? expect : [401];

async function look(phase: Phase, system: Reported, gateway: ExchangeGateway): Promise<Looked> {
  const port = system.port + env().servicePortOffset;
  const exchanges: Exchange[] = [];
  const ask = async (method: 'GET' | 'POST', path: string, body: unknown, expect: readonly number[]) =>
    void exchanges.push(await gateway.send({ method, port, path, body, expect: expected(path, expect) }));
  if (isBuilt(system.key)) {
    await ask('GET', '/health', undefined, [200]);
    await ask('GET', '/metrics', undefined, [200]);
    // One after another: later requests may rest on what earlier ones made.
    for (const request of requestsOf[phase].filter(r => r.system === system.key)) {
      const body = request.signed ? regionRegistration(request.signed === 'region_tampered') : request.body;
      await ask(request.method, request.path, body, request.expect);
    }
  }
  const passed = exchanges.filter(e => e.passed).length;
  const service: ServiceResult = {
    id: system.report[0],
    system: system.key,
    title: system.title,
    port,
    outcome: outcomeOf(isBuilt(system.key), exchanges),
    passed,
    failed: exchanges.length - passed,
  };
  return { system, service, exchanges };
}

function healthOf(exchange: Exchange): unknown {
  try {
    return JSON.parse(exchange.answer);
  } catch {
    return { status: exchange.status ?? exchange.error, answer: exchange.answer };
  }
}

const metricsSample = (looked: readonly Looked[]): string =>
  looked
    .map(({ service, exchanges }) => {
      const found = exchanges.find(e => e.url.endsWith('/metrics'));
      return `# ${service.id} ${service.title}: ${found ? `answered ${found.status ?? found.error}` : 'not built'}\n${found?.answer ?? ''}\n`;
    })
    .join('\n');

async function policiesOf(ctx: ReadContext, phase: Phase): Promise<Snapshot['matrix']> {
  const { policies } = await readMatrix(ctx, phase);
  return Object.fromEntries(
    policies.map(p => [
      p.policy,
      { result: p.result, reasons: p.controls.filter(c => c.result === p.result).map(c => c.reason) },
    ]),
  );
}

async function commitOf(): Promise<string | null> {
  try {
    return (await promisify(execFile)('git', ['rev-parse', 'HEAD'], { timeout: 2000 })).stdout.trim() || null;
  } catch {
    return null; // installed from an archive
  }
}

export async function listRuns(ctx: ReadContext, input: ListRunsInput): Promise<Listed<RunRow>> {
  const [rows, total] = await Promise.all([
    selectRuns(ctx.db, input),
    input.total ? countRuns(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readRun(ctx: ReadContext, id: string) {
  const found = await findRun(ctx.db, id);
  if (!found) throw noSuchReport(id);
  return found;
}

export const listReportFiles = () => ({ rows: listFiles() });

export function readReportFile(name: string) {
  const found = readText(name);
  if (!found) throw noSuchReport(name);
  return found;
}
