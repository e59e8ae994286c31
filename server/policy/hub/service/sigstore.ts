import { familyOf } from '#kernel/signing/algorithm.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import { envelopeBundle, type SerializedBundle } from '#kernel/signing/sigstore-bundle.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { wireEnvelope } from '#server/policy/relay/schema.ts';
import { noSigstoreBundle, noSuchPolicy, noSuchVersion } from '../errors.ts';
import { findPolicy, findVersion } from '../store/policies.ts';

/**
 * The statement of a version as a sigstore bundle v0.3, with the very signature it was published under. The format holds
 * one classical signature: ML-DSA-65 stays in the policy's own envelope, and this is an export beside it.
 */
export async function sigstoreOf(
  ctx: ReadContext,
  input: { id: string; version?: number | undefined },
): Promise<SerializedBundle> {
  const policy = await findPolicy(ctx.db, input.id);
  if (!policy) throw noSuchPolicy(input.id);
  const wanted = input.version ?? policy.activeVersion ?? policy.latestVersion;
  const version = await findVersion(ctx.db, input.id, wanted);
  if (!version) throw noSuchVersion(input.id, wanted);
  const { payload, payloadType, signatures } = wireEnvelope.parse(JSON.parse(version.statement));
  const keys = await trustedKeys(ctx.database);
  for (const { keyid, sig } of signatures) {
    const key = keys.find(k => k.id === keyid && familyOf(k.algorithm) === 'classical');
    if (!key) continue;
    if (key.algorithm !== 'ecdsa-p256') throw noSigstoreBundle(input.id, wanted, key.algorithm);
    const made = {
      keyid: key.id,
      algorithm: key.algorithm,
      publicKey: key.key,
      sign: async () => Buffer.from(sig, 'base64'),
    };
    return envelopeBundle(made, payloadType, Buffer.from(payload, 'base64'));
  }
  throw noSigstoreBundle(input.id, wanted, 'a key that is not known here any more');
}
