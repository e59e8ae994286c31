import fastify from 'fastify';
import { systemClock } from '#kernel/clock/clock.ts';
import { openDatabase } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { startHub } from '#workers/hub.ts';

/** The hub with what wakes it, as the worker runs them, until somebody kills it. */
const [url = '', port = '0'] = process.argv.slice(2);
const database = openDatabase(url);
startLoop('dispatcher', 25, createDispatcher(database.pool('atom_owner')).step);
const hub = await startHub(database, systemClock);
const server = fastify({ bodyLimit: 4 * 2 ** 20 });
server.get('/metrics', () => registry.metrics());
server.get('/memory', () => process.memoryUsage());
hub.attach(server);
await server.listen({ host: '127.0.0.1', port: Number(port) });
process.stdout.write('ready\n');
