import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPolicy } from '#kernel/policy/bytes.ts';
import { policyContent } from '#kernel/policy/kinds.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signBytes } from '#kernel/signing/dsse.ts';
import type { HubKeys, LogBody, LogEntry, WireEnvelope } from '../schema.ts';
import { beatType, entryType, statementType } from '../schema.ts';
import { activeDigest, composeEntry, envelope, type Signer } from './compose.ts';
import { applyEntry, type EdgeState, emptyEdge, noHash } from './edge.ts';
import { beginMending, mendAlong } from './mend.ts';
import { checkBeat, checkEntry } from './verify.ts';

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const classical = generateKeyPairSync('ed25519');
const postQuantum = generateKeyPairSync('ml-dsa-65');
const stranger = generateKeyPairSync('ed25519');
const signer = (keyid: string, key: KeyObject): Signer => ({
  keyid,
  sign: async bytes => signBytes(key, bytes),
});
const signers = [signer('a', classical.privateKey), signer('b', postQuantum.privateKey)];
const keys: HubKeys = {
  classical: [{ id: 'a', pem: pem(classical.publicKey) }],
  postQuantum: [{ id: 'b', pem: pem(postQuantum.publicKey) }],
};
const hub = 'hub.test';
const at = new Date('2026-11-21T08:00:00Z');

const content = (id: string, days: number, extra: object = {}) =>
  hashPolicy(
    policyContent.parse({
      id,
      kind: 'retention',
      scope: {},
      document: { defaultDays: days },
      staleness: 'serve',
      expires: null,
      ...extra,
    }),
  );

async function stageBody(
  id: string,
  version: number,
  days: number,
  options: { with?: Signer[]; extra?: object; predicate?: object } = {},
): Promise<Extract<LogBody, { type: 'stage' }>> {
  const policy = content(id, days, options.extra);
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `policy/${id}`, digest: { sha256: policy.hash } }],
    predicateType: 'https://atom-console.dev/policy/v1',
    predicate: {
      id,
      version,
      kind: 'retention',
      issuedAt: at.toISOString(),
      expires: policy.content.expires,
      author: 'user:operator',
      signedOnBehalf: true,
      previous: null,
      ...options.predicate,
    },
  };
  return {
    type: 'stage',
    rollout: `${id}-${version}`,
    policy: id,
    version,
    hash: policy.hash,
    content: policy.bytes.toString('base64'),
    statement: await envelope(statementType, canonicalBytes(statement), options.with ?? signers),
  };
}

class Log {
  entries: LogEntry[] = [];
  head = { seq: 0, hash: noHash };
  async add(body: LogBody, by: Signer[] = signers): Promise<LogEntry> {
    const made = composeEntry(hub, this.head, body, at);
    const entry = { header: await envelope(entryType, made.headerBytes, by), body: made.body };
    this.head = { seq: made.header.seq, hash: made.hash };
    this.entries.push(entry);
    return entry;
  }
}

const active = (state: EdgeState) =>
  [...state.active].map(([policy, held]) => ({
    policy,
    version: held.version,
    hash: held.policy.hash,
    epoch: held.epoch,
  }));

function take(state: EdgeState, entry: LogEntry) {
  const checked = checkEntry(entry, state.keys);
  if (!checked.ok) return { outcome: 'refused' as const, reason: checked.reason };
  return applyEntry(state, checked.value, at);
}

function all(state: EdgeState, entries: LogEntry[]) {
  let now = state;
  const acks = entries.flatMap(entry => {
    const result = take(now, entry);
    if (result.outcome !== 'applied') throw new Error(result.outcome);
    now = result.state;
    return result.acks;
  });
  return { state: now, acks };
}

async function published(log: Log, id: string, version: number, days: number, epoch: number) {
  const stage = await stageBody(id, version, days);
  await log.add(stage);
  const { rollout, hash } = stage;
  await log.add({ type: 'activate', rollout, policy: id, version, hash, epoch });
}

describe('a relay along the log', () => {
  it('stages, acknowledges the hash it computed, and activates under the epoch', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    const { state, acks } = all(emptyEdge(hub, keys), log.entries);
    expect(acks.map(a => [a.phase, a.hash, a.epoch])).toEqual([
      ['staged', content('keep', 7).hash, 0],
      ['active', content('keep', 7).hash, 1],
    ]);
    expect(active(state)).toEqual([{ policy: 'keep', version: 1, hash: content('keep', 7).hash, epoch: 1 }]);
  });

  it('refuses what is not signed twice, by strangers, or changed, each with its reason', async () => {
    const log = new Log();
    const good = await log.add(await stageBody('keep', 1, 7));
    const flip = (text: string) => {
      const bytes = Buffer.from(text, 'base64');
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      return bytes.toString('base64');
    };
    const reason = (entry: LogEntry) => {
      const result = take(emptyEdge(hub, keys), entry);
      return result.outcome === 'refused' ? result.reason : result.outcome;
    };
    const header = (change: Partial<WireEnvelope>) => ({ ...good, header: { ...good.header, ...change } });
    expect(reason(header({ signatures: good.header.signatures.slice(0, 1) }))).toBe('half_signed');
    expect(reason(header({ signatures: good.header.signatures.slice(1) }))).toBe('half_signed');
    expect(reason(header({ signatures: [] }))).toBe('unsigned');
    expect(reason(header({ payload: flip(good.header.payload) }))).toBe('tampered');
    expect(reason(header({ payloadType: beatType }))).toBe('wrong_type');
    expect(reason({ ...good, body: flip(good.body ?? '') })).toBe('tampered');
    const foreign = await new Log().add(await stageBody('keep', 1, 7), [
      signer('c', stranger.privateKey),
      signers[1] as Signer,
    ]);
    expect(reason(foreign)).toBe('half_signed');
    expect(reason(good)).toBe('applied');
  });

  it.each([
    ['half_signed', { with: signers.slice(0, 1) }],
    ['half_signed', { with: signers.slice(1) }],
    ['wrong_key', { with: [signer('c', stranger.privateKey)] }],
    ['expired', { extra: { expires: '2026-11-21T07:59:59.000Z' } }],
    ['scope', { extra: { scope: { regions: ['elsewhere'], labels: {} } } }],
    ['mismatch', { predicate: { version: 9 } }],
    ['mismatch', { predicate: { id: 'other' } }],
  ])('acknowledges a policy as refused: %s', async (reason, options) => {
    const log = new Log();
    await log.add(await stageBody('keep', 1, 7, options));
    const { state, acks } = all(emptyEdge(hub, keys), log.entries);
    expect(acks).toMatchObject([{ phase: 'refused', reason }]);
    expect(state.staged.size).toBe(0);
  });

  it('never takes a version at or below one it has seen, not even a withdrawn one', async () => {
    const log = new Log();
    await published(log, 'keep', 5, 7, 1);
    await log.add(await stageBody('keep', 5, 9));
    await log.add(await stageBody('keep', 4, 9));
    const { state, acks } = all(emptyEdge(hub, keys), log.entries);
    expect(acks.slice(2)).toMatchObject([
      { phase: 'refused', reason: 'rollback' },
      { phase: 'refused', reason: 'rollback' },
    ]);
    expect(active(state)).toMatchObject([{ version: 5 }]);
  });

  it('knows that it is behind when the fleet activated what it does not hold, until it holds newer', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    await log.add(await stageBody('keep', 2, 8, { with: signers.slice(0, 1) }));
    const { hash } = content('keep', 8);
    await log.add({ type: 'activate', rollout: 'keep-2', policy: 'keep', version: 2, hash, epoch: 2 });
    const first = all(emptyEdge(hub, keys), log.entries);
    expect(first.acks.at(-1)).toMatchObject({ phase: 'refused', reason: 'not_staged' });
    expect([...first.state.behind]).toEqual([['keep', { version: 2, epoch: 2 }]]);
    const before = log.entries.length;
    await published(log, 'keep', 3, 9, 3);
    const second = all(first.state, log.entries.slice(before));
    expect(second.state.behind.size).toBe(0);
    expect(active(second.state)).toMatchObject([{ version: 3, epoch: 3 }]);
  });

  it('refuses an activation whose hash is another one, and an older epoch', async () => {
    const log = new Log();
    await log.add(await stageBody('keep', 1, 7));
    const ref = { rollout: 'keep-1', policy: 'keep', version: 1 };
    await log.add({ type: 'activate', ...ref, hash: noHash, epoch: 4 });
    await log.add(await stageBody('other', 1, 7));
    const { hash } = content('other', 7);
    await log.add({ type: 'activate', rollout: 'other-1', policy: 'other', version: 1, hash, epoch: 4 });
    const { state, acks } = all(emptyEdge(hub, keys), log.entries);
    expect(acks.filter(a => a.phase === 'refused').map(a => a.reason)).toEqual(['wrong_hash', 'epoch']);
    expect(active(state)).toEqual([]);
  });

  it('removes a revoked policy at once and does not take it back', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    await log.add({ type: 'revoke', policy: 'keep', version: 1, epoch: 2, reason: 'wrong' });
    await log.add(await stageBody('keep', 1, 7));
    const { state, acks } = all(emptyEdge(hub, keys), log.entries);
    expect(active(state)).toEqual([]);
    expect(acks.map(a => a.phase)).toEqual(['staged', 'active', 'removed', 'refused']);
  });

  it('sees another history and another hub, and says so instead of following', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    const { state } = all(emptyEdge(hub, keys), log.entries);
    const forked = new Log();
    await published(forked, 'keep', 1, 9, 1);
    const next = await forked.add(await stageBody('keep', 2, 9));
    expect(take(state, next)).toMatchObject({ outcome: 'fork' });
    expect(take({ ...state, hub: 'other' }, next)).toMatchObject({ outcome: 'fork' });
  });

  it('follows new keys that the old ones signed, and then refuses the old ones', async () => {
    const log = new Log();
    const fresh = generateKeyPairSync('ed25519');
    await log.add({
      type: 'keys',
      keys: { classical: [{ id: 'n', pem: pem(fresh.publicKey) }], postQuantum: keys.postQuantum },
      withdrawn: [],
    });
    const { state } = all(emptyEdge(hub, keys), log.entries);
    const old = await log.add(await stageBody('keep', 1, 7));
    expect(take(state, old)).toEqual({ outcome: 'refused', reason: 'half_signed' });
  });

  it('takes no keys from a past that lies before its own join', async () => {
    const log = new Log();
    const stolen = generateKeyPairSync('ed25519');
    const past = {
      classical: [{ id: 'stolen', pem: pem(stolen.publicKey) }],
      postQuantum: keys.postQuantum,
    };
    await log.add({ type: 'keys', keys: past, withdrawn: [] });
    expect(all(emptyEdge(hub, keys, 1), log.entries).state).toMatchObject({ keys, pastKeys: [], cursor: 1 });
    expect(all(emptyEdge(hub, keys, 0), log.entries).state.keys).toEqual(past);
  });

  it('keeps the chain over entries whose body does not concern it', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    const blind = log.entries.map(entry => ({ ...entry, body: null }));
    const { state } = all(emptyEdge(hub, keys), blind);
    expect([state.cursor, state.headHash]).toEqual([2, log.head.hash]);
    expect(active(state)).toEqual([]);
  });

  it('ends where the log ends, however messages are repeated, reordered and lost on the way', async () => {
    const log = new Log();
    let epoch = 0;
    for (let version = 1; version <= 4; version += 1)
      for (const id of ['keep', 'other', 'third']) {
        epoch += 1;
        await published(log, id, version, version + 1, epoch);
      }
    await log.add({ type: 'revoke', policy: 'third', version: 4, epoch: epoch + 1, reason: 'over' });
    const { state: wanted } = all(emptyEdge(hub, keys), log.entries);
    const checked = log.entries.map(entry => {
      const result = checkEntry(entry, keys);
      if (!result.ok) throw new Error(result.reason);
      return result.value;
    });
    let deliveries = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(checked.length - 1), { minLength: 40, maxLength: 60 }), order => {
        let state = emptyEdge(hub, keys);
        const deliver = (i: number) => {
          const entry = checked[i];
          if (!entry) return;
          deliveries += 1;
          const result = applyEntry(state, entry, at);
          if (result.outcome === 'applied') state = result.state;
          else expect(result.outcome).toBe(entry.header.seq <= state.cursor ? 'duplicate' : 'gap');
          for (const held of active(state)) expect(held.epoch).toBeLessThanOrEqual(state.epoch);
        };
        for (const i of order) deliver(i);
        // The link is whole again: the relay pulls from its own cursor.
        for (let i = state.cursor; i < checked.length; i += 1) deliver(i);
        expect(activeDigest(active(state))).toBe(activeDigest(active(wanted)));
        expect([state.headHash, state.epoch]).toEqual([wanted.headHash, wanted.epoch]);
      }),
      { numRuns: 200 },
    );
    expect(deliveries).toBeGreaterThan(10_000);
  });
});

describe('a damaged disk', () => {
  it('is mended from the log, and only by the history the relay has seen', async () => {
    const log = new Log();
    await published(log, 'keep', 1, 7, 1);
    await published(log, 'keep', 2, 9, 2);
    const { state } = all(emptyEdge(hub, keys), log.entries);
    const later = await log.add(await stageBody('keep', 3, 11));
    const damaged = { ...state, active: new Map(), highest: new Map([...state.highest, ['gone', 8]]) };
    const start = beginMending({ hub, keys }, damaged);
    const half = mendAlong(start, log.entries.slice(0, 2), damaged);
    expect(half.whole).toBeNull();
    const { whole, rest } = mendAlong(half.mending, log.entries.slice(1), damaged);
    expect(whole && active(whole)).toEqual(active(state));
    expect(whole?.headHash).toBe(state.headHash);
    expect(whole?.highest.get('gone')).toBe(8);
    expect(rest).toEqual([later]);

    const other = new Log();
    await published(other, 'keep', 1, 7, 1);
    await published(other, 'keep', 2, 99, 2);
    expect(mendAlong(start, other.entries, damaged)).toMatchObject({
      whole: null,
      fork: expect.stringMatching(/not the one/),
    });
    const unsigned = log.entries.map(entry => ({ ...entry, header: { ...entry.header, signatures: [] } }));
    expect(mendAlong(start, unsigned, damaged)).toMatchObject({ whole: null, refused: 'unsigned' });
  });
});

describe('a beat of the hub', () => {
  const beat = {
    v: 1,
    hub,
    at: at.toISOString(),
    serveUntil: new Date(at.getTime() + 3000).toISOString(),
    head: 3,
    headHash: noHash,
    epoch: 2,
  };
  it('is taken with both signatures of the pinned keys and of the own hub only', async () => {
    const signed = await envelope(beatType, canonicalBytes(beat), signers);
    expect(checkBeat(signed, keys, hub)).toMatchObject({ ok: true, value: { epoch: 2 } });
    expect(checkBeat(signed, keys, 'other')).toEqual({ ok: false, reason: 'other_hub' });
    const half = { ...signed, signatures: signed.signatures.slice(1) };
    expect(checkBeat(half, keys, hub)).toEqual({ ok: false, reason: 'half_signed' });
  });
});
