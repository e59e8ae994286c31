import { importJWK, jwtVerify, SignJWT } from 'jose';
import { type JwtKeyRow, privateKeyOf } from '#kernel/auth/jwt.ts';
import { loadJwks } from '#kernel/auth/store.ts';
import { env } from '#kernel/env/env.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { badToken } from '../errors.ts';
import { type Decision, decisions } from '../schema.ts';

export const decisionAudience = 'atom-approval';
const type = 'atom-decision+jwt';

export interface SaidDecision {
  /** Single use. */
  tokenId: string;
  requestId: string;
  digest: string;
  decision: Decision;
  approverId: string;
  approver: string;
  method: string;
  /** Signed with the rest: a denial keeps its reason, whoever carries it. */
  reason: string | null;
  expiresAt: Date;
}

/** Who decided what about which digest, by which factor, until when: anybody can check it with the published keys. */
export async function signDecision(key: JwtKeyRow, said: SaidDecision, now: Date): Promise<string> {
  return new SignJWT({
    request: said.requestId,
    digest: said.digest,
    decision: said.decision,
    name: said.approver,
    amr: [said.method],
    ...(said.reason === null ? {} : { reason: said.reason }),
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: type })
    .setIssuer(env().publicUrl)
    .setAudience(decisionAudience)
    .setSubject(`user:${said.approverId}`)
    .setJti(said.tokenId)
    .setIssuedAt(Math.floor(now.getTime() / 1000))
    .setExpirationTime(Math.floor(said.expiresAt.getTime() / 1000))
    .sign(await privateKeyOf(key));
}

/** Only a token of our own key, for this purpose, still good: anything else is the same refusal. */
export async function readDecision(
  ctx: Pick<ReadContext, 'database' | 'clock'>,
  token: string | undefined,
): Promise<SaidDecision & { keyId: string }> {
  if (!token) throw badToken();
  const keys = await loadJwks(ctx.database, ctx.clock.now());
  const { payload, protectedHeader } = await jwtVerify(
    token,
    header => {
      const key = keys.find(k => k.kid === header.kid);
      if (!key) throw badToken();
      return importJWK(key, 'EdDSA');
    },
    {
      algorithms: ['EdDSA'],
      typ: type,
      issuer: env().publicUrl,
      audience: decisionAudience,
      currentDate: ctx.clock.now(),
      requiredClaims: ['exp', 'jti', 'sub', 'request', 'digest', 'decision'],
    },
  ).catch(() => {
    throw badToken();
  });
  const { jti, sub, exp, request, digest, decision, name, amr, reason } = payload;
  const known = decisions.find(d => d === decision);
  if (!known || !jti || !sub?.startsWith('user:') || exp === undefined) throw badToken();
  return {
    tokenId: jti,
    requestId: String(request),
    digest: String(digest),
    decision: known,
    approverId: sub.slice('user:'.length),
    approver: String(name),
    reason: typeof reason === 'string' ? reason : null,
    method: Array.isArray(amr) ? String(amr[0]) : 'unknown',
    expiresAt: new Date(exp * 1000),
    keyId: protectedHeader.kid ?? '',
  };
}
