import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { insertEntries, memoryAnchor } from '#scripts/testing/ledger.ts';
import { type Checkpointer, createCheckpointer } from './checkpoint.ts';
import { haltedBy } from './findings.ts';
import { consistencyBetween, proofOf, rootAt, signedHead } from './proofs.ts';
import { createSequencer, type Sequencer } from './sequencer.ts';
import { leafHash, verifyConsistency, verifyInclusion } from './tree.ts';
import { verifyLedger } from './verify/run.ts';

/**
 * What the ledger promises, as a machine: committed entries, in any order of commits, rollbacks, late transactions, rival
 * and restarted sequencers and signers, end up once each in a tree that only grows.
 */
interface Model {
  committed: number;
  sequenced: number;
  signed: { size: number; root: string }[];
  open: string[];
}

class Ledger {
  readonly bed: TestBed;
  readonly pool: pg.Pool;
  readonly anchor = memoryAnchor();
  sequencers: Sequencer[] = [];
  signer: Checkpointer;
  readonly late = new Map<string, pg.PoolClient>();
  steps = 0;
  constructor(bed: TestBed) {
    this.bed = bed;
    this.pool = bed.database.pool('atom_owner');
    this.sequencers = [this.sequencer(), this.sequencer()];
    this.signer = createCheckpointer({ ...bed, anchor: this.anchor });
  }
  sequencer = () =>
    createSequencer(
      this.pool,
      () => this.bed.clock.now(),
      () => {},
    );
  entry = (client: pg.PoolClient, uid: string) =>
    client.query(
      `select finish_commit($1, $2, $3, 'test.late', 'test', null, null, null, now(), '[]', null, null)`,
      [uid, Buffer.from(uid), leafHash(Buffer.from(uid))],
    );
}

const size = async (ledger: Ledger) =>
  Number((await ledger.pool.query('select size from ledger_head')).rows[0].size);

abstract class Step implements fc.AsyncCommand<Model, Ledger> {
  check = (_model: Readonly<Model>): boolean => true;
  async run(model: Model, ledger: Ledger): Promise<void> {
    ledger.steps += 1;
    await this.act(model, ledger);
  }
  abstract act(model: Model, ledger: Ledger): Promise<void>;
  toString = () => this.constructor.name;
}

class Commit extends Step {
  readonly n: number;
  constructor(n: number) {
    super();
    this.n = n;
  }
  async act(model: Model, ledger: Ledger) {
    await insertEntries(ledger.pool, this.n, ledger.bed.clock.now());
    model.committed += this.n;
  }
}

class OpenLate extends Step {
  readonly uid: string;
  constructor(uid: string) {
    super();
    this.uid = uid;
  }
  override check = (model: Readonly<Model>) => model.open.length < 3 && !model.open.includes(this.uid);
  async act(model: Model, ledger: Ledger) {
    const client = await ledger.pool.connect();
    await client.query('begin');
    const known = await client.query('select 1 from ledger_entry where uid = $1', [this.uid]);
    if (known.rowCount) {
      await client.query('rollback');
      client.release();
      return;
    }
    await ledger.entry(client, this.uid);
    ledger.late.set(this.uid, client);
    model.open.push(this.uid);
  }
}

class CloseLate extends Step {
  readonly commits: boolean;
  constructor(commits: boolean) {
    super();
    this.commits = commits;
  }
  override check = (model: Readonly<Model>) => model.open.length > 0;
  async act(model: Model, ledger: Ledger) {
    const uid = model.open.shift() ?? '';
    const client = ledger.late.get(uid);
    ledger.late.delete(uid);
    await client?.query(this.commits ? 'commit' : 'rollback');
    client?.release();
    if (this.commits) model.committed += 1;
  }
}

class Sequence extends Step {
  readonly which: number;
  constructor(which: number) {
    super();
    this.which = which;
  }
  async act(model: Model, ledger: Ledger) {
    const taken = await ledger.sequencers[this.which]?.step();
    expect(taken).toBe(model.committed - model.sequenced); // everything visible, whatever else is still open
    model.sequenced = model.committed;
    expect(await size(ledger)).toBe(model.sequenced);
  }
}

class Rivals extends Step {
  async act(model: Model, ledger: Ledger) {
    const taken = await Promise.all(ledger.sequencers.map(s => s.step()));
    expect(taken.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(model.committed - model.sequenced);
    model.sequenced = model.committed;
    expect(await size(ledger)).toBe(model.sequenced);
  }
}

class Restart extends Step {
  async act(_model: Model, ledger: Ledger) {
    ledger.sequencers = [ledger.sequencer(), ledger.sequencer()];
    ledger.signer = createCheckpointer({ ...ledger.bed, anchor: ledger.anchor });
  }
}

class Sign extends Step {
  async act(model: Model, ledger: Ledger) {
    const last = model.signed.at(-1)?.size ?? 0;
    expect(await ledger.signer.step()).toBe(model.sequenced > last ? 1 : 0);
    expect(await haltedBy(ledger.pool)).toBeNull();
    const head = await signedHead(ledger.pool);
    expect(head?.size ?? 0).toBe(model.sequenced);
    if (head && model.sequenced > last)
      model.signed.push({ size: head.size, root: head.root.toString('hex') });
  }
}

class Prove extends Step {
  readonly pick: number;
  constructor(pick: number) {
    super();
    this.pick = pick;
  }
  override check = (model: Readonly<Model>) => model.sequenced > 0;
  async act(model: Model, ledger: Ledger) {
    const index = this.pick % model.sequenced;
    const { rows } = await ledger.pool.query(
      'select e.uid from ledger_leaf l join ledger_entry e on e.id = l.entry_id where l.idx = $1',
      [index],
    );
    const proof = await proofOf(ledger.pool, rows[0].uid);
    const signed = model.signed.at(-1);
    if (!signed || index >= signed.size) return void expect(proof).toBeNull();
    if (!proof) throw new Error('A sealed entry has no proof.');
    expect([proof.index, proof.size, proof.root.toString('hex')]).toEqual([index, signed.size, signed.root]);
    expect(verifyInclusion(index, proof.size, leafHash(proof.body), proof.path, proof.root)).toBe(true);
  }
}

class Extend extends Step {
  readonly pick: number;
  constructor(pick: number) {
    super();
    this.pick = pick;
  }
  override check = (model: Readonly<Model>) => model.signed.length > 0;
  async act(model: Model, ledger: Ledger) {
    const first = model.signed[this.pick % model.signed.length];
    const last = model.signed.at(-1);
    if (!first || !last) return;
    expect((await rootAt(ledger.pool, first.size)).toString('hex')).toBe(first.root); // what was signed stays so
    const { path } = await consistencyBetween(ledger.pool, first.size, last.size);
    const hex = (text: string) => Buffer.from(text, 'hex');
    expect(verifyConsistency(first.size, last.size, hex(first.root), hex(last.root), path)).toBe(true);
  }
}

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const commands = [
  fc.integer({ min: 1, max: 40 }).map(n => new Commit(n)),
  fc.constantFrom(350).map(n => new Commit(n)),
  fc.uuid().map(uid => new OpenLate(uid)),
  fc.boolean().map(commits => new CloseLate(commits)),
  fc.constantFrom(0, 1).map(which => new Sequence(which)),
  fc.constant(new Rivals()),
  fc.constant(new Restart()),
  fc.constant(new Sign()),
  fc.nat().map(pick => new Prove(pick)),
  fc.nat().map(pick => new Extend(pick)),
];

it('keeps its promises through more than five thousand generated steps', async () => {
  const ledger = new Ledger(bed);
  await bed.system.commit({ type: 'test.first' }, async () => {});
  await ledger.sequencer().step();
  await ledger.signer.step(); // makes the keys, which are entries
  await ledger.sequencer().step();
  await ledger.signer.step();
  const start = await size(ledger);
  const head = await signedHead(ledger.pool);
  if (!head) throw new Error('Nothing was signed.');
  const model: Model = {
    committed: start,
    sequenced: start,
    signed: [{ size: head.size, root: head.root.toString('hex') }],
    open: [],
  };
  const property = fc.asyncProperty(fc.commands(commands, { maxCommands: 400, size: 'max' }), async steps => {
    await fc.asyncModelRun(() => ({ model, real: ledger }), steps);
  });
  for (let round = 0; ledger.steps < 5_200; round++)
    await fc.assert(property, { numRuns: 5, endOnFailure: true, seed: 1000 + round });
  for (const client of ledger.late.values()) {
    await client.query('rollback');
    client.release();
  }
  expect(ledger.steps).toBeGreaterThanOrEqual(5_000);
  await ledger.sequencer().step();
  expect(await verifyLedger(ledger.pool, { anchor: ledger.anchor })).toMatchObject({
    ok: true,
    entries: model.committed,
  });
}, 600_000);
