import { batchDigest } from '#kernel/ledger/batch.ts';
import type { Json } from '#kernel/ledger/event.ts';
import {
  type EvidenceKeys,
  type EvidenceManifest,
  evidenceExtras,
  packedLine,
} from '#server/governance/audit/schema/evidence.ts';
import type { HubKeys } from '#server/policy/relay/schema.ts';
import { checkPolicy } from '#server/policy/relay/service/check.ts';
import type { ArchiveFile } from './archive.ts';
import type { Finding } from './check.ts';

const good = (text: string): Finding => ({ ok: true, text });
const bad = (text: string): Finding => ({ ok: false, text });

interface Said {
  type: string;
  target?: { kind: string; id: string };
  detail: Record<string, unknown>;
}

/** What an archive about policies holds besides entries; `lines` of the entries have been proved already. */
export function checkExtras(
  files: readonly ArchiveFile[],
  keys: EvidenceKeys,
  manifest: EvidenceManifest,
  lines: readonly Buffer[],
): Finding[] {
  const entries = lines.flatMap(line => parsed(line) as Said | []);
  const of = (name: string) => files.find(f => f.name === name && manifest.files.some(m => m.name === name));
  const policies = of(evidenceExtras.policies);
  const audit = of(evidenceExtras.audit);
  return [
    ...(policies ? checkPolicies(rowsOf(policies), keys, entries) : []),
    ...(audit ? [checkAudit(rowsOf(audit), entries)] : []),
  ];
}

const rowsOf = ({ data }: ArchiveFile): string[] => data.toString('utf8').split('\n').filter(Boolean);

function parsed(text: string | Buffer): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return [];
  }
}

function checkPolicies(rows: readonly string[], keys: EvidenceKeys, entries: readonly Said[]): Finding[] {
  const pem = (fits: (algorithm: string) => boolean) =>
    keys.signing.filter(k => fits(k.algorithm)).map(k => ({ id: k.id, pem: k.publicKey }));
  const set: HubKeys = {
    classical: pem(a => a !== 'ml-dsa-65'),
    postQuantum: pem(a => a === 'ml-dsa-65'),
  };
  const wrong = rows.flatMap((row, i) => {
    const line = packedLine.safeParse(parsed(row)).data;
    if (!line) return [bad(`Line ${i + 1} of ${evidenceExtras.policies} cannot be read.`)];
    const name = `Policy ${line.id}, version ${line.version}`;
    const checked = checkPolicy({ ...line, policy: line.id }, set);
    if (!checked.ok)
      return [bad(`${name}: its two signatures do not hold over its bytes: ${checked.reason}.`)];
    const activated = entries.some(
      e =>
        e.type === 'policy.activated' &&
        e.target?.id === line.id &&
        e.detail.version === line.version &&
        e.detail.epoch === line.epoch &&
        e.detail.hash === line.hash,
    );
    return activated ? [] : [bad(`${name}: no entry of the archive activated it under epoch ${line.epoch}.`)];
  });
  if (wrong.length > 0) return wrong.slice(0, 20);
  return [
    good(
      `${rows.length} policy versions are signed twice over their very bytes, and an entry of the ledger activated each.`,
    ),
  ];
}

function checkAudit(rows: readonly string[], entries: readonly Said[]): Finding {
  const { root } = batchDigest(rows.map(row => parsed(row) as Json));
  return entries.some(e => e.type === 'edgeaudit.committed' && e.detail.root === root)
    ? good(`${rows.length} findings of the edge audit lead to the root that the ledger holds.`)
    : bad(`${evidenceExtras.audit}: its findings do not lead to a root that the ledger holds.`);
}
