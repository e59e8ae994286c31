import { verifyEvidenceVerb } from './evidence.ts';
import { ledgerNewOrigin, ledgerVerify } from './ledger.ts';
import { precheckVerb } from './precheck.ts';
import { usersDropSecondFactor, usersList, usersReset } from './users.ts';

export interface Verb {
  name: string;
  usage: string;
  summary: string;
  /** The exit code. */
  run(args: string[]): Promise<number>;
}

export const verbs: readonly Verb[] = [
  ledgerVerify,
  ledgerNewOrigin,
  precheckVerb,
  usersList,
  usersReset,
  usersDropSecondFactor,
  verifyEvidenceVerb,
];
