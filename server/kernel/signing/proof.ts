import type { Clock } from '../clock/clock.ts';
import type { Outcome } from '../controls/define.ts';
import type { Database } from '../db/database.ts';
import { hybridRefusals, verifyHybrid } from './hybrid.ts';
import { operatorKeys } from './open-key.ts';
import { activeSigners, signHybrid, trustedKeys } from './signer.ts';
import { selectUses } from './store.ts';

const probeType = 'application/vnd.atom.probe';
const short = (id: string) => id.slice(0, 16);

/** Whether an operator's key signs artefacts, shown by signing a probe and verifying it with the published keys. */
export async function signingProof(database: Database, clock: Clock): Promise<Outcome> {
  const signers = await activeSigners(database, clock);
  const evidence = signers.map(signer => signer.keyid);
  const probe = await signHybrid(probeType, Buffer.from(clock.now().toISOString()), signers);
  const held = verifyHybrid(probe, probeType, await trustedKeys(database), clock.now());
  if (!held.ok)
    return {
      result: 'FAIL',
      reason: `What the active keys sign is refused: ${hybridRefusals[held.reason]}`,
      evidence,
    };
  const uses = await selectUses(database.pool('atom_app'));
  const classical = uses.find(row => row.use === 'artefacts' && row.family === 'classical');
  if (!classical || classical.simulated)
    return {
      result: 'BLOCKED',
      reason: `${await whySimulated()}: a labelled simulation key signs`,
      evidence,
    };
  return {
    result: 'PASS',
    reason: `The ${classical.origin} key ${short(held.keys.classical)} and the ML-DSA-65 key ${short(held.keys['post-quantum'])} signed a probe, and both verify`,
    evidence,
  };
}

async function whySimulated(): Promise<string> {
  const [given] = operatorKeys();
  if (!given) return 'COSIGN_KEY_PATH is missing';
  try {
    await given.open();
    return `The key of ${given.variable} opens, but does not sign: it was rotated away or revoked, or is of the other kind`;
  } catch (error) {
    return `${given.variable} is set, but its key does not open (${error instanceof Error ? error.message : String(error)})`;
  }
}
