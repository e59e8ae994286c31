import { resolvePrincipal } from '#kernel/auth/gate.ts';
import type { Principal } from '#kernel/auth/principal.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { createUser } from '#server/platform/identity/service.ts';
import { createCaller, signIn } from '#server/root.ts';
import type { TestBed } from './database.ts';

export interface TestPerson {
  id: string;
  name: string;
  sessionId: string;
  secret: string;
  caller(): Promise<ReturnType<typeof createCaller>>;
  principal(): Promise<Principal>;
  /** The code of this moment; the clock moves on so that each code is a new one. */
  code(): string;
}

/** A real user with a password, a session and an authenticator. */
export async function testPerson(bed: TestBed, name: string, roles: string[]): Promise<TestPerson> {
  const made = await createUser(bed.system, { name, displayName: name, roles }, false);
  const from = { database: bed.database, clock: bed.clock, ip: `10.9.${name.length}.1`, userAgent: 'test' };
  const { sessionId } = await signIn({ name, password: made.password }, from);
  const principal = () => resolvePrincipal({ sessionId }, bed);
  const caller = async () => createCaller(bed.as(await principal()));
  const { mfa } = await caller();
  const device = await mfa.enrol({ name: 'Phone', currentPassword: made.password });
  const code = () => {
    bed.clock.advance(30_000);
    return totpCode(device.secret, bed.clock.now());
  };
  await mfa.confirm({ deviceId: device.deviceId, code: code() });
  return { id: made.user.id, name, sessionId, secret: device.secret, caller, principal, code };
}
