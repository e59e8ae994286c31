import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllowedHosts } from '#kernel/http/address-ranges.ts';
import { checkpointText, openNote, signNote } from '#kernel/ledger/note.ts';
import { noteSigner, parseVerifierKey } from '#kernel/ledger/note-keys.ts';
import { signedHead } from '#kernel/ledger/proofs.ts';
import { consistencyProof, leafHash, nodeHash } from '#kernel/ledger/tree.ts';
import { writeAddCheckpoint } from '#kernel/ledger/witness-messages.ts';
import { submitToWitnesses } from '#kernel/ledger/witness-submit.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { testLedger } from '#scripts/testing/ledger.ts';
import { relayWitness } from '#scripts/testing/relay-witness.ts';
import { openWitnessDisk, RelayWitness, witnessKey } from './service/witness.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const now = () => new Date('2026-11-21T08:00:00Z');
const origin = 'log.example/tlog';
const signer = noteSigner(origin, Buffer.alloc(32, 1));
const leaves = ['a', 'b', 'c'].map(text => leafHash(Buffer.from(text)));
const [a, b, c] = leaves as [Buffer, Buffer, Buffer];
const roots = [a, nodeHash(a, b), nodeHash(nodeHash(a, b), c)];

const witness = (disk = openWitnessDisk(':memory:')) =>
  new RelayWitness({
    disk,
    signer: witnessKey('edge', privateKey, now),
    log: { origin, vkeys: [signer.vkey] },
    now,
  });
const message = async (old: number, size: number, root = roots[size - 1] ?? a, by = signer) =>
  writeAddCheckpoint({
    oldSize: old,
    proof: consistencyProof(old, size, (level, index) =>
      level === 0 ? (leaves[index] ?? a) : nodeHash(a, b),
    ),
    checkpoint: await signNote(checkpointText({ origin, size, root }), [by]),
  });

describe('a relay as a witness', () => {
  it('cosigns what extends what it saw, and nothing shorter, other or foreign', async () => {
    const disk = openWitnessDisk(':memory:');
    const relay = witness(disk);
    const first = await relay.add(await message(0, 2));
    expect(first.status).toBe(200);
    const note = `${(await message(0, 2)).split('\n\n').slice(1).join('\n\n')}${first.body}`;
    expect(openNote(note, [parseVerifierKey(relay.vkey)]).ok).toBe(true);
    expect(await relay.add(await message(0, 3))).toMatchObject({ status: 409, body: '2\n' });
    expect((await relay.add(await message(2, 3))).status).toBe(200);
    expect((await relay.add(await message(2, 2))).status).toBe(409); // the tail is gone
    expect((await relay.add(await message(3, 3, Buffer.alloc(32, 9)))).status).toBe(422);
    expect(relay.state()).toMatchObject({ size: 3, accusations: [{ origin }] });
    const stranger = noteSigner(origin, Buffer.alloc(32, 7));
    expect((await relay.add(await message(3, 3, roots[2], stranger))).status).toBe(403);
    expect((await relay.add('nonsense')).status).toBe(400);
    expect(witness(disk).state().size).toBe(3); // it remembers over a restart
  });
});

describe('over its port', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await testBed();
  });
  afterAll(() => bed.close());

  it('cosigns the console’s own ledger', async () => {
    await testLedger(bed).grow(3);
    const { stop } = await relayWitness(bed, 'edge', privateKey);
    await submitToWitnesses({ ...bed, fetch: { allowed: parseAllowedHosts('127.0.0.1') } });
    const head = await signedHead(bed.database.pool('atom_owner'));
    expect(await bed.rows('select state, error, size from ledger_witness')).toEqual([
      { state: 'cosigning', error: null, size: head?.size },
    ]);
    stop();
  });
});
