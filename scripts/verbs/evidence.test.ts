import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { sealLedger } from '#scripts/testing/seal.ts';
import { evidenceFiles } from '#server/governance/audit/schema/evidence.ts';
import { exportLimits } from '#server/governance/audit/schema.ts';
import { exportLedger } from '#server/ledger-export.ts';
import { readArchive } from './evidence/archive.ts';
import { checkEvidence } from './evidence/check.ts';
import { verifyEvidenceVerb } from './evidence.ts';

let bed: TestBed;
let zip: Buffer;
const now = new Date('2026-12-01T00:00:00Z');
const take = async (format: string, input: object = {}, who = person('auditor', 'a1')) =>
  exportLedger(bed.as(who), format, new URLSearchParams({ input: JSON.stringify(input) }));
const failures = async (bytes: Buffer, pins: string[] = []) =>
  (await checkEvidence(bytes, pins, now)).filter(f => !f.ok).map(f => f.text);

beforeAll(async () => {
  bed = await testBed();
  for (let i = 0; i < 40; i++)
    await bed.system.commit(
      { type: 'audit.noted', reference: `n${i}`, detail: { reason: `note ${i} ä` } },
      async () => {},
    );
  await bed.system.commit(
    { type: 'audit.noted', reference: 'secret', detail: { password: 'canary' } },
    async () => {},
  );
  await sealLedger(bed);
  zip = Buffer.from(await (await take('zip')).arrayBuffer());
});
afterAll(() => bed.close());

describe('an evidence archive', () => {
  it('holds, and says what was checked', async () => {
    const findings = await checkEvidence(zip, [], now);
    expect(findings.filter(f => !f.ok)).toEqual([]);
    expect(findings.map(f => f.text).join('\n')).toMatch(
      /5 files.*\n.*ed25519 .* and ml-dsa-65 .*\n.*signed by ed25519.*\n.*signed by ml-dsa-65.*\n.*4\d entries hash.*of 1 the bytes are withheld/,
    );
    expect(zip.includes('canary')).toBe(false);
  });

  it('holds for a filter that leaves nothing', async () => {
    expect(
      await failures(Buffer.from(await (await take('zip', { search: 'nothing-fits' })).arrayBuffer())),
    ).toEqual([]);
  });

  it('does not hold with any one bit flipped, wherever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: zip.length - 1 }), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const copy = Buffer.from(zip);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        expect((await failures(copy)).length, `byte ${at}, bit ${bit}`).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it('names the file and the entry when a byte of an entry is flipped', async () => {
    const copy = Buffer.from(zip);
    copy.write('noto', copy.indexOf('note 7'));
    const found = (await failures(copy)).join('\n');
    expect(found).toContain('entries.jsonl was changed');
    expect(found).toMatch(/Entry \d+ \([0-9a-f-]{36}\): its bytes were changed/);
  });

  it('does not hold cut off, or with something added', async () => {
    expect(await failures(zip.subarray(0, -1))).not.toEqual([]);
    expect(await failures(Buffer.concat([zip, Buffer.from('x')]))).not.toEqual([]);
    expect(await failures(Buffer.from('not a zip'))).not.toEqual([]);
    expect(await failures(Buffer.alloc(0))).not.toEqual([]);
  });
});

/** The archive with its files changed, written the way the console writes it. */
async function repacked(change: (files: Map<string, Buffer>) => void): Promise<Buffer> {
  const { Zip, ZipPassThrough } = await import('fflate');
  const files = new Map(readArchive(zip).map(f => [f.name, Buffer.from(f.data)]));
  change(files);
  const parts: Uint8Array[] = [];
  const made = new Zip((_error, chunk) => void parts.push(chunk));
  for (const [name, data] of files) {
    const file = new ZipPassThrough(name);
    made.add(file);
    file.push(data, true);
  }
  made.end();
  return Buffer.concat(parts);
}

describe('a forged archive names what is wrong', () => {
  it.each(Object.values(evidenceFiles))('%s missing', async name => {
    expect(await failures(await repacked(files => files.delete(name)))).toEqual([
      expect.stringContaining(`${name} is missing`),
    ]);
  });

  it('a file added', async () => {
    const found = await failures(await repacked(files => files.set('extra.txt', Buffer.from('x'))));
    expect(found).toEqual(['extra.txt is not in the manifest: it was added.']);
  });

  it.each([evidenceFiles.readme, evidenceFiles.entries, evidenceFiles.proofs, evidenceFiles.checkpoint])(
    '%s with one byte changed',
    async name => {
      const forged = await repacked(files => {
        const data = files.get(name) ?? expect.fail();
        data[Math.floor(data.length / 2)] = (data[Math.floor(data.length / 2)] ?? 0) ^ 1;
      });
      expect((await failures(forged)).join()).toContain(`${name} was changed`);
    },
  );

  it('an entry and the manifest rewritten to fit: the signature, and the entry itself', async () => {
    const { createHash } = await import('node:crypto');
    const forged = await repacked(files => {
      const entries = Buffer.from((files.get('entries.jsonl') ?? '').toString().replace('note 7', 'note 8'));
      files.set('entries.jsonl', entries);
      const manifest = JSON.parse(String(files.get('manifest.json')));
      for (const file of manifest.files)
        if (file.name === 'entries.jsonl') file.sha256 = createHash('sha256').update(entries).digest('hex');
      files.set('manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    });
    const found = await failures(forged);
    expect(found.join()).toContain('manifest.json was changed: it is not the manifest that was signed');
    expect(found.join()).toMatch(/Entry \d+ \([0-9a-f-]+\): its bytes were changed/);
  });

  it('a signature dropped, doubled, or by a stranger', async () => {
    const change = (edit: (signatures: { keyid: string; sig: string }[]) => unknown[]) =>
      repacked(files => {
        const envelope = JSON.parse(String(files.get(evidenceFiles.signature)));
        envelope.signatures = edit(envelope.signatures);
        files.set(evidenceFiles.signature, Buffer.from(JSON.stringify(envelope)));
      });
    expect((await failures(await change(s => s.slice(1)))).join()).toContain(
      'carries 1 signatures instead of two',
    );
    expect((await failures(await change(s => [s[0], s[0]]))).join()).toContain('duplicated key');
    expect((await failures(await change(s => s.map(x => ({ ...x, keyid: 'ff' }))))).join()).toContain(
      'names a signing key',
    );
    expect(
      (await failures(await change(s => s.map(x => ({ ...x, sig: x.sig.replace(/^..../, 'AAAA') }))))).join(),
    ).toContain('The signature of the manifest does not hold');
  });

  it('names that lead out of the archive, and twice the same', async () => {
    for (const name of ['../evil', '/etc/passwd', 'a/b', '..\\evil', '.hidden', 'C:evil'])
      expect((await failures(await repacked(files => files.set(name, Buffer.from('x'))))).join()).toContain(
        'names that lead elsewhere',
      );
    expect(
      (await failures(Buffer.from(zipSync({ 'README.md': Buffer.from('packed by another tool') })))).length,
    ).toBe(1);
  });

  it('another key than the one that was given', async () => {
    const keys = JSON.parse(String(readArchive(zip).find(f => f.name === 'keys.json')?.data));
    expect(await failures(zip, [keys.ledger[0], keys.signing[0].id])).toEqual([]);
    expect((await failures(zip, ['00'.repeat(32)])).join()).toContain('is not among');
    expect((await failures(zip, [keys.signing[0].id.slice(0, 4)])).join()).toContain('is not among');
  });
});

describe('the command', () => {
  it('ends with 0, 1 and 2', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evidence-'));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      writeFileSync(join(folder, 'good.zip'), zip);
      writeFileSync(join(folder, 'bad.zip'), zip.subarray(1));
      expect(await verifyEvidenceVerb.run([join(folder, 'good.zip')])).toBe(0);
      expect(await verifyEvidenceVerb.run([join(folder, 'bad.zip')])).toBe(1);
      for (const wrong of [[], [join(folder, 'none.zip')], ['a', 'b'], ['a', '--key']])
        expect(await verifyEvidenceVerb.run(wrong)).toBe(2);
    } finally {
      log.mockRestore();
      error.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('exports', () => {
  it('as JSON lines and CSV hold what the list holds', async () => {
    const lines = (await (await take('jsonl', { search: 'n7' })).text())
      .trim()
      .split('\n')
      .map(l => JSON.parse(l));
    expect(lines.map(l => l.reference)).toEqual(['n7']);
    const csv = await (await take('csv', { search: 'n7' })).text();
    expect(csv).toContain('audit.noted');
  });

  it('need the permission, a known format and a filter that can be read', async () => {
    expect((await take('zip', {}, person('operator'))).status).toBe(403);
    expect((await take('xml')).status).toBe(400);
    expect((await take('__proto__')).status).toBe(400);
    expect((await take('csv', { nonsense: true })).status).toBe(400);
    expect(
      (await exportLedger(bed.as(person('auditor', 'a1')), 'csv', new URLSearchParams({ input: '{' })))
        .status,
    ).toBe(400);
  });

  it('are entries of their own, with what was asked for', async () => {
    const rows = await bed.rows<{ target: string }>(
      `select target from ledger_entry where type = 'audit.exported'`,
    );
    expect(rows.map(r => r.target)).toContain('resource:ledger.csv search=n7');
  });

  it('above the cap are refused before the first byte, saying what to do', async () => {
    await bed.rows(
      `insert into ledger_entry (uid, body, leaf, type, actor, at) select gen_random_uuid(), '{}', '\\x00', 'bulk.made', 'system:x', now() from generate_series(1, $1)`,
      [exportLimits.zip + 1],
    );
    const answer = await take('zip', { type: ['bulk.made'] });
    expect(answer.status).toBe(400);
    expect((await answer.json()).detail).toMatch(/at most 10,000\. Narrow the time/);
  });
});
