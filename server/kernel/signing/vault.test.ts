import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { type VaultPeer, vaultTransitPeer } from '#scripts/testing/vault-transit.ts';
import { verifyBytes } from './dsse.ts';
import { openSigner, successorOf } from './open-key.ts';
import { activeSigners, signHybrid, trustedKeys, verifyHybrid } from './signer.ts';
import { selectUses } from './store.ts';
import { openVault, transitPath } from './vault.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const bytes = Buffer.from('to be signed');
let peer: VaultPeer;
beforeAll(async () => {
  peer = await vaultTransitPeer();
  peer.addKey('console', 'ecdsa-p256');
  peer.addKey('edwards', 'ed25519');
  peer.addKey('rsa', 'rsa-2048');
});
afterEach(() => {
  peer.misbehave(null);
  loadEnvForTest(base);
});
afterAll(() => peer.close());

const connected = () =>
  loadEnvForTest({
    ...base,
    ATOM_ALLOWED_HOSTS: peer.host,
    VAULT_ADDR: peer.address,
    VAULT_TOKEN: peer.token,
    VAULT_TRANSIT_KEY: 'console',
  });
const vault = () => openVault({ address: peer.address, token: peer.token });

describe('Vault transit, against a peer of its API (not a real Vault)', () => {
  it.each(['console', 'edwards'])('signs with %s what its published key verifies', async name => {
    connected();
    const key = await vault().key(name);
    const signature = await vault().sign(key, bytes);
    expect(verifyBytes(key.publicKey, bytes, signature)).toBe(true);
    expect(verifyBytes(key.publicKey, Buffer.from('else'), signature)).toBe(false);
  });

  it('logs in with an AppRole, and again once the session is gone', async () => {
    connected();
    const held = openVault({
      address: peer.address,
      appRole: { roleId: peer.roleId, secretId: peer.secretId },
    });
    const key = await held.key('console');
    await held.sign(key, bytes);
    const logins = () => peer.calls.filter(call => call.endsWith('/login')).length;
    expect(logins()).toBe(1);
    peer.revokeSessions();
    await expect(held.sign(key, bytes)).resolves.toBeInstanceOf(Buffer);
    expect(logins()).toBe(2);
    const wrong = openVault({ address: peer.address, appRole: { roleId: peer.roleId, secretId: 'no' } });
    await expect(wrong.key('console')).rejects.toMatchObject({ code: 'vault.refused' });
  });

  it('is called through the guard: a private address must be allowed', async () => {
    loadEnvForTest(base);
    const before = peer.calls.length;
    await expect(vault().key('console')).rejects.toMatchObject({ code: 'outgoing.private_address' });
    expect(peer.calls).toHaveLength(before);
  });

  it('names each refusal', async () => {
    connected();
    const key = await vault().key('console');
    const codeOf = (work: Promise<unknown>) => work.then(() => 'ok').catch(error => error.code);
    expect(await codeOf(openVault({ address: peer.address, token: 'no' }).key('console'))).toBe(
      'vault.denied',
    );
    expect(await codeOf(vault().key('none'))).toBe('vault.no_key');
    expect(await codeOf(vault().key('rsa'))).toBe('vault.kind');
    expect(await codeOf(vault().key('console', 9))).toBe('vault.no_version');
    expect(await codeOf(vault().sign({ ...key, version: 9 }, bytes))).toBe('vault.refused');
    peer.misbehave('garbage');
    expect(await codeOf(vault().key('console'))).toBe('vault.answer');
    peer.misbehave('sealed');
    expect(await codeOf(vault().key('console'))).toBe('vault.sealed');
    expect(await codeOf(openVault({ address: peer.address }).key('console'))).toBe('vault.credentials');
    expect(() => transitPath('../sys/seal')).toThrow('mount/name');
    expect(transitPath('signing/prod/console')).toEqual({ mount: 'signing/prod', name: 'console' });
  });

  it('does not take a signature of another version for the one asked for', async () => {
    connected();
    const next = await vault().rotate('edwards');
    expect(next.version).toBe(2);
    peer.misbehave('old_version');
    await expect(vault().sign(next, bytes)).rejects.toMatchObject({ code: 'vault.wrong_version' });
  });

  it('is the classical key of the console, whose next version is its successor', async () => {
    connected();
    const bed = await testBed();
    try {
      const [classical] = await activeSigners(bed.database, bed.clock);
      const row = (await selectUses(bed.database.pool('atom_app'))).find(r => r.origin === 'vault');
      expect(row).toMatchObject({ id: classical?.keyid, simulated: false, sealedKey: null });
      const envelope = await signHybrid('t', bytes, await activeSigners(bed.database, bed.clock));
      expect(verifyHybrid(envelope, 't', await trustedKeys(bed.database), bed.clock.now()).ok).toBe(true);
      if (!row) throw new Error('No key in Vault is in use.');
      const next = await successorOf(row);
      expect(next.reference).toBe('console#2');
      expect((await openSigner(row)).keyid).toBe(row.id); // the old version still signs as what it was
    } finally {
      await bed.close();
    }
  });
});
