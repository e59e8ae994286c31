import { hash } from 'node:crypto';
import { decodeBase64 } from '../signing/dsse.ts';

/** The add-checkpoint message of c2sp.org/tlog-witness. */
export interface AddCheckpoint {
  oldSize: number;
  proof: Buffer[];
  checkpoint: string;
}

const maxProof = 63;

export const writeAddCheckpoint = ({ oldSize, proof, checkpoint }: AddCheckpoint): string =>
  `${[`old ${oldSize}`, ...proof.map(h => h.toString('base64'))].join('\n')}\n\n${checkpoint}`;

export function parseAddCheckpoint(body: string): AddCheckpoint | null {
  const end = body.indexOf('\n\n');
  if (end < 0) return null;
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const proof = lines.map(line => decodeBase64(line));
  if (old === undefined || proof.length > maxProof || !proof.every(h => h?.length === 32)) return null;
  return { oldSize: Number(old), proof: proof as Buffer[], checkpoint: body.slice(end + 2) };
}

export const originHash = (origin: string): string => hash('sha256', origin, 'hex');
