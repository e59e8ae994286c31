import { phases } from '#kernel/env/define.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readBytes, readText } from './files.ts';
import { snapshotName } from './rules.ts';
import { bench, type Finding, type Verification } from './schema.ts';
import { openSnapshot } from './seal.ts';

/** Every snapshot that is there: its signature, and each file it names. Nothing that a snapshot says is believed before. */
export async function verifyReports(ctx: ReadContext): Promise<Verification> {
  const keys = await trustedKeys(ctx.database);
  const findings: Finding[] = [];
  const snapshots: Verification['snapshots'] = [];
  for (const phase of phases) {
    const file = snapshotName(phase);
    const bytes = readBytes(file);
    if (!bytes) continue;
    const opened = openSnapshot(bytes.toString(), keys, ctx.clock.now());
    if (!opened.ok) {
      findings.push({ file, problem: opened.problem });
      continue;
    }
    if (opened.snapshot.phase !== phase)
      findings.push({ file, problem: `It is the snapshot of ${opened.snapshot.phase} under another name.` });
    snapshots.push({ file, phase, files: opened.snapshot.reports.length, keys: opened.keys });
    for (const report of opened.snapshot.reports) {
      const found = readBytes(report.file);
      if (!found) findings.push({ file: report.file, problem: 'It is missing.' });
      else if (sha256Hex(found) !== report.sha256)
        findings.push({ file: report.file, problem: 'It was changed after it was signed.' });
    }
  }
  return { snapshots, findings };
}

/** What the bench measured last, or null. A file that is no bench is none. */
export function readBench() {
  const found = readText('bench.json');
  if (!found) return null;
  try {
    return bench.parse(JSON.parse(found.text));
  } catch {
    return null;
  }
}
