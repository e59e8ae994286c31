import {
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { loadJwks } from '#kernel/auth/store.ts';
import { env } from '#kernel/env/env.ts';
import { unseal } from '#kernel/signing/seal.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['acme', 'beta'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west' }),
    );
});
afterAll(() => bed.close());

const admin = () =>
  createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true })).tokens;
const gate = (token: string) =>
  resolvePrincipal({ authorization: `Bearer ${token}` }, { database: bed.database, clock: bed.clock });

describe('API tokens', () => {
  it('are shown once, stored hashed, narrowed, bound to a tenant, and end', async () => {
    const { secret, token } = await admin().create({
      name: 'ci',
      roles: ['service'],
      permissions: ['tenant:read'],
      tenantId: 'acme',
      expiresInDays: 1,
    });
    expect(JSON.stringify(await bed.rows('select * from api_token'))).not.toContain(secret);
    const principal = await gate(secret);
    expect(principal).toMatchObject({
      kind: 'token',
      id: token.id,
      holders: ['service'],
      only: ['tenant:read'],
      tenantId: 'acme',
    });
    const caller = createCaller(bed.as(principal));
    expect((await caller.tenants.list({})).rows.map(r => r.id)).toEqual(['acme']);
    await expect(caller.regions.list({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    bed.clock.advance(86_400_001);
    await expect(gate(secret)).rejects.toMatchObject({ code: 'auth.token' });
  });

  it('cannot carry more than their roles give, and stop when revoked', async () => {
    await expect(
      admin().create({ name: 'x', roles: ['auditor'], permissions: ['tenant:write'] }),
    ).rejects.toMatchObject({ cause: { code: 'token.permissions' } });
    const { secret, token } = await admin().create({ name: 'y', roles: ['operator'] });
    await admin().revoke({ id: token.id, reason: 'leaked' });
    await expect(gate(secret)).rejects.toMatchObject({ code: 'auth.token' });
  });

  it('are not kept readable for repeats of the request that made them', async () => {
    const again = () =>
      createCaller(
        bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }, { idempotencyKey: 'once' }),
      ).tokens.create({ name: 'once', roles: ['service'] });
    const { secret } = await again();
    expect((await again()).secret).toBe(secret);
    expect(JSON.stringify(await bed.rows('select * from idempotency'))).not.toContain(secret);
  });

  it('cannot do what needs a second factor, whatever their role', async () => {
    const { secret } = await admin().create({ name: 'root', roles: ['admin'] });
    const caller = createCaller(bed.as(await gate(secret)));
    await expect(
      caller.identity.create({ name: 'mole', displayName: 'Mole', roles: ['admin'] }),
    ).rejects.toMatchObject({ cause: { code: 'auth.person_only' } });
    await expect(caller.tokens.create({ name: 'more', roles: ['admin'] })).rejects.toMatchObject({
      cause: { code: 'auth.person_only' },
    });
    await expect(caller.tokens.tenant({ tenantId: 'acme', minutes: 5 })).resolves.toHaveProperty('token');
  });

  it('refuses nonsense rather than treating it as anonymous', async () => {
    for (const bad of ['atom_pat_nonsense_nonsense_nonsense', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'x'])
      await expect(gate(bad)).rejects.toMatchObject({ code: 'auth.token' });
  });
});

describe('tenant tokens', () => {
  it('show one tenant, stop when it is suspended, and expire', async () => {
    const { token } = await admin().tenant({ tenantId: 'beta', minutes: 5 });
    const principal = await gate(token);
    expect(principal).toMatchObject({ kind: 'tenant', tenantId: 'beta', holders: ['tenant'] });
    expect((await createCaller(bed.as(principal)).tenants.list({})).rows.map(r => r.id)).toEqual(['beta']);
    await createCaller(bed.as(person('operator'))).tenants.suspend({ id: 'beta', reason: 'unpaid' });
    await expect(gate(token)).rejects.toMatchObject({ code: 'auth.token' });
    await createCaller(bed.as(person('operator'))).tenants.reinstate({ id: 'beta', reason: 'paid' });
    await expect(gate(token)).resolves.toBeDefined();
    bed.clock.advance(6 * 60_000);
    await expect(gate(token)).rejects.toMatchObject({ code: 'auth.token' });
  });

  it('are refused when forged, of another audience, issuer or algorithm', async () => {
    await admin().tenant({ tenantId: 'acme', minutes: 5 });
    const [row] = await bed.rows<{ id: string }>('select id from jwt_key');
    const kid = row?.id ?? '';
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
    const now = Math.floor(bed.clock.now().getTime() / 1000);
    const claims = {
      tenant: 'acme',
      jti: 'j',
      iat: now,
      exp: now + 300,
      iss: env().publicUrl,
      aud: 'atom-console',
    };
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(Buffer.from(JSON.stringify(await exportJWK(publicKey))));
    for (const bad of [forged, symmetric, new UnsecuredJWT(claims).encode()])
      await expect(gate(bad)).rejects.toMatchObject({ code: 'auth.token' });
    const { token } = await admin().tenant({ tenantId: 'acme', minutes: 5 });
    const [head, , signature] = token.split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, tenant: 'beta' })).toString('base64url');
    await expect(gate(`${head}.${other}.${signature}`)).rejects.toMatchObject({ code: 'auth.token' });
  });

  it('are refused with the right key but the wrong audience, issuer, age or no id', async () => {
    await admin().tenant({ tenantId: 'acme', minutes: 5 });
    const [row] = await bed.rows<{ id: string; sealed_key: string }>('select id, sealed_key from jwt_key');
    if (!row) throw new Error('No key was made.');
    const jwk = JSON.parse(unseal(env().secret('seal'), row.sealed_key, `jwt_key:${row.id}`).toString());
    const key = await importJWK(jwk, 'EdDSA');
    const now = Math.floor(bed.clock.now().getTime() / 1000);
    const good = {
      tenant: 'acme',
      jti: 'j',
      iat: now,
      exp: now + 300,
      iss: env().publicUrl,
      aud: 'atom-console',
    };
    const made = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: row.id }).sign(key);
    await expect(gate(await made(good))).resolves.toMatchObject({ tenantId: 'acme' });
    const { jti: _jti, ...anonymousToken } = good;
    for (const bad of [
      { ...good, aud: 'another-service' },
      { ...good, iss: 'https://elsewhere.example' },
      { ...good, exp: now - 1 },
      { ...good, iat: now - 4000 },
      { ...good, exp: undefined },
      { ...good, tenant: 'ghost' },
      anonymousToken,
    ])
      await expect(gate(await made(bad as JWTPayload))).rejects.toMatchObject({ code: 'auth.token' });
  });

  it('outlive an ordinary rotation of the key, and end with an immediate one', async () => {
    const published = async () => (await loadJwks(bed.database, bed.clock.now())).length;
    const { token } = await admin().tenant({ tenantId: 'acme', minutes: 60 });
    const before = await published();
    await admin().rotateKey({ reason: 'yearly' });
    expect(await published()).toBe(before + 1);
    await expect(gate(token)).resolves.toMatchObject({ tenantId: 'acme' });
    const next = await admin().tenant({ tenantId: 'acme', minutes: 60 });
    expect(decodeProtectedHeader(next.token).kid).not.toBe(decodeProtectedHeader(token).kid);
    await admin().rotateKey({ reason: 'leaked', immediately: true });
    expect(await published()).toBe(1);
    for (const old of [token, next.token])
      await expect(gate(old)).rejects.toMatchObject({ code: 'auth.token' });
    await expect(gate((await admin().tenant({ tenantId: 'acme', minutes: 5 })).token)).resolves.toBeDefined();
  });

  it('are issued so often and no oftener', async () => {
    const many = Array.from({ length: 65 }, () => admin().tenant({ tenantId: 'acme', minutes: 1 }));
    const refused = (await Promise.allSettled(many)).filter(r => r.status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(5);
    for (const r of refused) expect(r.reason).toMatchObject({ cause: { code: 'request.rate_limited' } });
  });

  it('are not issued for a tenant that does not exist', async () => {
    bed.clock.advance(60_000);
    await expect(admin().tenant({ tenantId: 'ghost', minutes: 5 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
