import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { reportLoops } from '#kernel/jobs/loop-report.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { runLoops } from '#kernel/jobs/run-loops.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { compareWithWitnesses } from '#kernel/ledger/witness-submit.ts';
import { log } from '#kernel/log/log.ts';
import { startTracing } from '#kernel/trace/trace.ts';
import { countCalls } from '#server/call-counts.ts';
import { startEmbedding } from '#server/governance/observability/service/embedding.ts';
import { closeIntake } from '#server/governance/observability/service/intake.ts';
import { startKafka } from '#server/governance/observability/service/kafka.ts';
import { precheckAtOnce } from '#server/platform/environment/jobs.ts';
import { keepPolicies } from '#server/policies.ts';
import { catalogue, loopCatalogue } from './catalogue.ts';
import { startFleet } from './fleet.ts';
import { startHub } from './hub.ts';
import { attachIntake } from './intake.ts';
import { startPorts } from './ports.ts';
import { attachPrometheus } from './prometheus.ts';
import { watchRegions } from './regions.ts';
import { startReplication } from './replication.ts';
import { attachTrust, keepTrust } from './trust.ts';

/** Jobs, the kernel's loops and the service ports. More workers share the work: every loop has one holder at a time. */
startTracing();
const database = consoleDatabase();
const owner = database.pool('atom_owner');

const sequencer = createSequencer(
  owner,
  () => systemClock.now(),
  () => {},
);
const checkpointer = createCheckpointer({
  database,
  clock: systemClock,
  compare: () => compareWithWitnesses({ database, clock: systemClock }),
});
const dispatcher = createDispatcher(owner);
const loops = [
  startLoop('sequencer', 40, sequencer.step, 'Gives ledger entries their place'),
  startLoop('checkpoint', 100, checkpointer.step, 'Signs the ledger’s checkpoints'),
  startLoop('dispatcher', 25, dispatcher.step, 'Sends notices and jobs of what was committed'),
  watchRegions(database, systemClock),
  ...keepTrust(database, systemClock),
];

const stopCounting = countCalls(database, systemClock);
const stopPolicies = keepPolicies(database, systemClock);
const runner = await runJobs(database, systemClock, catalogue);
const hub = await startHub(database, systemClock);
const ports = await startPorts(
  { database, clock: systemClock },
  {
    policies: hub.attach,
    metrics: server => attachPrometheus(server, { database, clock: systemClock }),
    trust: attachTrust({ database, clock: systemClock }),
    telemetry: server => attachIntake(server, { database, clock: systemClock }),
  },
);
const kafka = await startKafka(database, systemClock);
await precheckAtOnce(database);
const embedding = startEmbedding(database, systemClock);
const fleet = await startFleet(database, systemClock);
const replication = startReplication(database, systemClock);
const rounds = runLoops(database, systemClock, loopCatalogue);
const loopReport = reportLoops(owner);
log().info({ event: 'worker.ready', ports: ports.count, jobs: catalogue.length });

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await fleet.stop();
  await Promise.allSettled([
    hub.stop(),
    rounds.stop(),
    replication.stop(),
    ports.close(),
    runner.stop(),
    stopCounting(),
    stopPolicies(),
    ...loops.map(loop => loop.stop()),
  ]);
  await kafka?.stop();
  await embedding.stop();
  await loopReport.stop();
  await closeIntake(database);
  await database.close().catch(() => {});
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
