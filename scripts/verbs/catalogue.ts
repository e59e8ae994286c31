import { precheckVerb } from './precheck.ts';
import { reportVerb, verifyReportsVerb } from './reports.ts';
import { usersDropSecondFactor, usersList, usersReset } from './users.ts';

export interface Verb {
  name: string;
  usage: string;
  summary: string;
  /** The exit code. */
  run(args: string[]): Promise<number>;
}

export const verbs: readonly Verb[] = [
  precheckVerb,
  reportVerb,
  verifyReportsVerb,
  usersList,
  usersReset,
  usersDropSecondFactor,
];
