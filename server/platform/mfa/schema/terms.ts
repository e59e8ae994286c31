import type { FactorProof } from '../schema.ts';

/** One field takes both kinds of code: six digits come from an authenticator, anything else is a recovery code. */
export const proofOfCode = (code: string): FactorProof =>
  /^\d{6}$/.test(code.trim()) ? { kind: 'totp', code: code.trim() } : { kind: 'recovery', code: code.trim() };
