import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllowedHosts } from '#kernel/http/address-ranges.ts';
import { parseVerifierKey } from '#kernel/ledger/note-keys.ts';
import { ledgerVerifiers } from '#kernel/ledger/origin.ts';
import { receiptOf } from '#kernel/ledger/proofs.ts';
import { verifyReceipt } from '#kernel/ledger/receipt.ts';
import { verifyLedger } from '#kernel/ledger/verify/run.ts';
import { submitToWitnesses } from '#kernel/ledger/witness-submit.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { relayWitness } from '#scripts/testing/relay-witness.ts';
import { checkEvidence } from '#scripts/verbs/evidence/check.ts';
import { federationRules } from '#server/federation/trust/schema.ts';
import { govern } from '#server/federation/trust/service/rules.ts';
import { exportLedger } from '#server/ledger-export.ts';
import { createCaller } from '#server/root.ts';
import { witnessControl } from './controls.ts';
import { verifyProof } from './schema/proof.ts';

let bed: TestBed;
let ledger: TestLedger;
const stops: (() => void)[] = [];
beforeAll(async () => {
  bed = await testBed();
  ledger = testLedger(bed);
  await ledger.grow(3);
});
afterAll(async () => {
  for (const stop of stops) stop();
  await bed.close();
});

const pool = () => bed.database.pool('atom_owner');
const api = () => createCaller(bed.as(person('admin')));
const cause = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code ?? error.code,
  );
const submit = () => submitToWitnesses({ ...bed, fetch: { allowed: parseAllowedHosts('127.0.0.1') } });
const verified = () => verifyLedger(pool(), { anchor: ledger.anchor, now: bed.clock.now() });
let version = 0;
const require = async (witnesses: number) => {
  const rules = federationRules.parse({ witnesses, witnessMinutes: 10 });
  await govern(bed.system, { version, rules, reason: 'test' });
  version += 1;
};
/** As one that was there all along. */
async function witness(id: string): Promise<string> {
  const { vkey, stop } = await relayWitness(bed, id, generateKeyPairSync('ed25519').privateKey);
  stops.push(stop);
  return vkey;
}
const vkeys: string[] = [];
const risky = () => cause(api().regions.retire({ name: 'nowhere', reason: 'closed' }));

it('asks for none unless the rules of the federation do', async () => {
  expect(await witnessControl.run(bed.system)).toMatchObject({ result: 'N/A' });
  expect(await verified()).toMatchObject({ ok: true, said: expect.not.stringContaining('required') });
  expect(await risky()).toBe('region.not_found');
});

it('with fewer than required, verification says so and what needs approval waits; the rule itself can be changed', async () => {
  vkeys.push(await witness('edge-1'));
  await require(2);
  await ledger.grow(1);
  await submit();
  expect(await risky()).toBe('region.not_found'); // the time that is allowed has begun
  bed.clock.advance(11 * 60_000);
  expect(await verified()).toMatchObject({
    ok: false,
    said: expect.stringContaining('no checkpoint carries the 2 required cosignatures'),
  });
  expect(await witnessControl.run(bed.system)).toMatchObject({ result: 'FAIL' });
  expect(await risky()).toBe('ledger.unwitnessed');
  const rules = federationRules.parse({ witnesses: 1 });
  expect(await api().trust.govern({ version, rules, reason: 'one is away' })).toMatchObject({
    status: 'done',
  });
  version += 1;
  expect(await risky()).toBe('region.not_found');
  await require(2);
});

it('with enough on one and the same checkpoint everything verifies, online and offline', async () => {
  vkeys.push(await witness('edge-2'));
  const [uid = ''] = await ledger.grow(1);
  await submit();
  expect(await verified()).toMatchObject({
    ok: true,
    said: expect.stringContaining('by edge-1, edge-2; 2 are required'),
  });
  expect(await witnessControl.run(bed.system)).toMatchObject({ result: 'PASS' });
  expect(await risky()).toBe('region.not_found');

  const entry = await api().audits.get({ id: uid });
  const proved = await verifyProof(entry.proof, entry);
  expect(proved.verdict).toBe('verified');
  expect(proved.steps.find(s => s.id === 'quorum')).toMatchObject({ state: 'ok' });
  const lone = { ...entry.proof, witnessKeys: vkeys.slice(0, 1) };
  const fewer = await verifyProof(lone, entry);
  expect(fewer.verdict).toBe('incomplete');
  expect(fewer.steps.find(s => s.id === 'quorum')?.detail).toContain('1 of 2 required');

  const receipt = (await receiptOf(pool(), uid)) ?? '';
  const keys = [...(await ledgerVerifiers(pool())), ...vkeys.map(parseVerifierKey)];
  expect(verifyReceipt(receipt, keys, 2)).toMatchObject({ ok: true });
  expect(verifyReceipt(receipt, keys, 3)).toMatchObject({ ok: false, reason: 'too_few_witnesses' });
  expect(verifyReceipt(receipt, keys.slice(0, -1), 2)).toMatchObject({ reason: 'too_few_witnesses' });
});

it('an archive is made of what enough witnesses saw, and a reader may ask for more', async () => {
  await ledger.grow(1); // not cosigned yet
  const search = new URLSearchParams({ input: '{}' });
  const answer = await exportLedger(bed.as(person('auditor', 'a1')), 'zip', search);
  const zip = Buffer.from(await answer.arrayBuffer());
  const findings = await checkEvidence(zip, [], new Date());
  expect(findings.filter(f => !f.ok)).toEqual([]);
  expect(findings.map(f => f.text).join()).toContain('edge-1/witness, edge-2/witness; 2 are required');
  expect((await checkEvidence(zip, [], new Date(), 3)).filter(f => !f.ok).map(f => f.text)).toEqual([
    '2 of 3 required witnesses cosigned the checkpoint.',
  ]);
});

it('a cosignature that is only said to be there is not counted', async () => {
  await ledger.grow(1);
  await ledger.tamper(
    `insert into ledger_cosignature (generation, size, witness_id, lines, at)
     select c.generation, c.size, w.id, '', c.at from ledger_witness w,
       (select * from ledger_checkpoint order by generation desc, size desc limit 1) c`,
  );
  expect(await verified()).toMatchObject({
    ok: false,
    said: expect.stringContaining('0 fit a configured key; 2 are required'),
  });
  expect(await witnessControl.run(bed.system)).toMatchObject({ result: 'FAIL' });
});
