import { systemClock } from '#kernel/clock/clock.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { closeIntake } from '#server/governance/observability/service/intake.ts';
import { systems } from '#server/systems.ts';
import { attachIntake } from '#workers/intake.ts';
import { portServer } from '#workers/ports.ts';

interface Given {
  dsn: string;
  requests: { url: string; payload: string; headers: Record<string, string> }[];
}

/** Run by a test in a process of its own with the loudest log: brings what it is given through every door. */
const { dsn, requests } = JSON.parse(process.argv[2] ?? '{}') as Given;
const database = openDatabase(dsn);
const system = systems.find(s => s.key === 'telemetry');
if (!system) throw new Error('There is no telemetry.');
const server = portServer(system, { database, clock: systemClock });
attachIntake(server, { database, clock: systemClock });
const statuses: number[] = [];
for (const request of requests)
  statuses.push((await server.inject({ method: 'POST', ...request })).statusCode);
await server.close();
await closeIntake(database);
await database.close();
process.stdout.write(`statuses ${JSON.stringify(statuses)}\n`);
