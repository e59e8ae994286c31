import { verifyEvidenceVerb } from './evidence.ts';
import { ledgerNewOrigin, ledgerVerify } from './ledger.ts';
import { precheckVerb } from './precheck.ts';
import { recoverVerb } from './recover.ts';
import { regionHeartbeat, regionKey, regionRegister } from './region.ts';
import { reportVerb, verifyReportsVerb } from './reports.ts';
import { signVerb } from './sign.ts';
import { simulateVerb } from './simulate.ts';
import { usersDropSecondFactor, usersList, usersReset } from './users.ts';
import { verifyVerb } from './verify.ts';

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
  reportVerb,
  verifyReportsVerb,
  signVerb,
  simulateVerb,
  verifyVerb,
  usersList,
  usersReset,
  usersDropSecondFactor,
  verifyEvidenceVerb,
  recoverVerb,
  regionKey,
  regionRegister,
  regionHeartbeat,
];
