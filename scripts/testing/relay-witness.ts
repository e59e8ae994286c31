import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { currentOrigin, ledgerKeys } from '#kernel/ledger/origin.ts';
import { openWitnessDisk, RelayWitness, witnessKey } from '#server/policy/relay/service/witness.ts';
import { relayServer } from '#workers/relay/http.ts';
import type { TestBed } from './database.ts';

/** A relay with a disk and a key of its own that witnesses the bed's ledger, behind its port, and known to the console. */
export async function relayWitness(
  bed: TestBed,
  id: string,
  key: KeyObject,
): Promise<{ vkey: string; stop: () => void }> {
  const pool = bed.database.pool('atom_owner');
  const now = () => bed.clock.now();
  const witness = new RelayWitness({
    disk: openWitnessDisk(':memory:'),
    signer: witnessKey(id, key, now),
    log: { origin: (await currentOrigin(pool)).name, vkeys: (await ledgerKeys(pool)).map(k => k.vkey) },
    now,
  });
  const server = relayServer({
    engine: { status: () => ({}) } as never,
    version: 'test',
    simulated: true,
    carrier: () => 'none',
    sync: () => {},
    witness,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await bed.rows('insert into ledger_witness (id, url, vkeys, created_at) values ($1, $2, $3, now())', [
    id,
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/witness`,
    [witness.vkey],
  ]);
  return { vkey: witness.vkey, stop: () => server.close() };
}
