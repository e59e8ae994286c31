import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { batchDigest } from '../ledger/batch.ts';
import type { Json } from '../ledger/event.ts';
import { leafHash, verifyInclusion } from '../ledger/tree.ts';
import { canonicalBytes } from '../signing/canonical.ts';
import { commandContext, systemContext } from './commit.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const entries = () =>
  bed.rows<{ body: Buffer }>("select body from ledger_entry where type = 'beat.heard' order by id");
const facts: Json[] = [
  { region: 'a', n: 1 },
  { region: 'b', n: 2 },
  { region: 'c', n: 3 },
];
const write =
  (count: number) =>
  async (tx: { $executeRaw: (q: TemplateStringsArray, ...v: unknown[]) => Promise<number> }) => {
    await tx.$executeRaw`insert into procedure_minute values ('p', now(), ${count}, ${count})`;
  };

it('writes the facts and one entry with their count and root', async () => {
  await bed.system.record({ type: 'beat.heard', detail: { source: 'test' } }, facts, write(3));
  const [entry, ...more] = await entries();
  expect(more).toEqual([]);
  const { detail } = JSON.parse(String(entry?.body)) as { detail: Json };
  expect(detail).toEqual({ source: 'test', ...batchDigest(facts) });
  expect(await bed.rows('select total from procedure_minute')).toEqual([{ total: 3 }]);
});

it('has a root against which a single fact is proved, and another one for other facts or another order', () => {
  const hash = (fact: Json) => leafHash(canonicalBytes(fact));
  const [a, b, c] = facts.map(hash) as [Buffer, Buffer, Buffer];
  const root = Buffer.from(batchDigest(facts).root, 'hex');
  const pair = Buffer.from(batchDigest(facts.slice(0, 2)).root, 'hex');
  expect(verifyInclusion(2, 3, c, [pair], root)).toBe(true);
  expect(verifyInclusion(2, 3, a, [pair], root)).toBe(false);
  expect(verifyInclusion(0, 3, a, [b, c], root)).toBe(true);
  expect(batchDigest(facts.toReversed()).root).not.toBe(batchDigest(facts).root);
  expect(batchDigest([...facts, facts[0] as Json]).root).not.toBe(batchDigest(facts).root);
});

it('leaves neither facts nor an entry when either cannot be written', async () => {
  const before = await entries();
  await expect(
    bed.system.record({ type: 'beat.heard' }, facts, async tx => {
      await write(9)(tx);
      throw new Error('half way');
    }),
  ).rejects.toThrow('half way');
  await expect(bed.system.record({ type: 'beat.heard' }, [{ n: Number.NaN }], write(9))).rejects.toThrow(
    'NaN',
  );
  expect(await entries()).toEqual(before);
  expect(await bed.rows('select 1 from procedure_minute where total = 9')).toEqual([]);
});

it('does nothing for no facts, and refuses who only reads', async () => {
  const before = await entries();
  await bed.system.record({ type: 'beat.heard' }, [], async () => expect.fail('nothing to write'));
  const auditor = systemContext('test', bed.database, bed.clock, person('auditor'));
  await expect(auditor.record({ type: 'beat.heard' }, facts, write(1))).rejects.toMatchObject({
    code: 'auditor.read_only',
  });
  expect(await entries()).toEqual(before);
});

it('gathers facts that are owed an entry, for nobody who only reads and past no approval', async () => {
  const before = await entries();
  await bed.system.gather(write(5));
  expect(await bed.rows('select total from procedure_minute where total = 5')).toHaveLength(1);
  expect(await entries()).toEqual(before);
  const auditor = systemContext('test', bed.database, bed.clock, person('auditor'));
  await expect(auditor.gather(write(6))).rejects.toMatchObject({ code: 'auditor.read_only' });
  const risky = commandContext({ ...bed.system }, 'x.y', undefined, { policies: ['x.y'], input: null }).ctx;
  await expect(risky.gather(write(6))).rejects.toMatchObject({ code: 'approval.unasked' });
  expect(await bed.rows('select 1 from procedure_minute where total = 6')).toEqual([]);
});
