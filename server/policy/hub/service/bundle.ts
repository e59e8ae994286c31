import { gzipSync } from 'node:zlib';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { rawSignature } from '#kernel/signing/ecdsa.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { noSuchPolicy, nothingActive } from '../errors.ts';
import { tar } from '../rules/tar.ts';
import { findPolicy } from '../store/policies.ts';
import { activePolicies } from './read.ts';

export interface Bundle {
  etag: string;
  bytes: Buffer;
}

/** What a bundle of this policy would be called now, without making it. */
export async function bundleTag(ctx: ReadContext, id: string): Promise<string> {
  const policy = await findPolicy(ctx.db, id);
  if (!policy) throw noSuchPolicy(id);
  if (policy.activeHash === null) throw nothingActive(id);
  return `"${policy.activeVersion}-${policy.activeHash.slice(0, 32)}"`;
}

/**
 * The policy as an OPA bundle of data documents: `data.policies.<id>`. What OPA hashes of a JSON file is its compact form
 * with sorted keys; ours is written in exactly that form, so the hash of the bytes is the one OPA computes.
 */
export async function policyBundle(ctx: ReadContext, id: string): Promise<Bundle> {
  const etag = await bundleTag(ctx, id);
  const held = (await activePolicies(ctx)).find(p => p.content.id === id);
  if (!held) throw nothingActive(id);
  const { kind, scope, document, staleness, expires } = held.content;
  const { version, hash, epoch } = held;
  const files = [
    { name: '.manifest', bytes: canonicalBytes({ revision: `${id}@${version}`, roots: [`policies/${id}`] }) },
    {
      name: 'data.json',
      bytes: canonicalBytes({
        policies: { [id]: { kind, scope, document, staleness, expires, version, hash, epoch } },
      }),
    },
  ];
  const payload = {
    files: files.map(f => ({ name: f.name, hash: sha256Hex(f.bytes), algorithm: 'SHA-256' })),
    iat: Math.floor(ctx.clock.now().getTime() / 1000),
    scope: 'policy',
  };
  const signatures = canonicalBytes({ signatures: [await compactJws(ctx, payload)] });
  return { etag, bytes: gzipSync(tar([...files, { name: '.signatures.json', bytes: signatures }])) };
}

/** A JWS by the console's classical key, wherever that key lives. */
async function compactJws(ctx: ReadContext, payload: object): Promise<string> {
  const signer = (await activeSigners(ctx.database, ctx.clock)).find(s => s.algorithm !== 'ml-dsa-65');
  if (!signer) throw new Error('There is always a classical key.');
  const encode = (value: object) => canonicalBytes(value).toString('base64url');
  const ec = signer.algorithm === 'ecdsa-p256';
  const head = `${encode({ alg: ec ? 'ES256' : 'EdDSA', kid: signer.keyid, typ: 'JWT' })}.${encode(payload)}`;
  const signature = await signer.sign(Buffer.from(head));
  return `${head}.${(ec ? rawSignature(signature) : signature).toString('base64url')}`;
}
