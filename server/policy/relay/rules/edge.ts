import type { HashedPolicy } from '#kernel/policy/bytes.ts';
import { strictKinds } from '#kernel/policy/kinds.ts';
import type { AckBody, HubKeys, LogBody, LogHeader, WireEnvelope } from '../schema.ts';
import { checkStored } from './verify.ts';

/** What a relay knows. It is what its disk holds; nothing here is remembered elsewhere. */
export interface EdgeState {
  keys: HubKeys;
  /** Sets that were pinned before: what they signed stays good unless a key was withdrawn. */
  pastKeys: HubKeys[];
  /** Entry up to which the pinned set was the newest one already: what older entries say of keys is history. */
  keysFrom: number;
  hub: string;
  cursor: number;
  headHash: string;
  epoch: number;
  /** The highest version ever accepted of each policy: nothing at or below it is accepted again. */
  highest: Map<string, number>;
  staged: Map<string, Held>;
  active: Map<string, Held & { epoch: number }>;
  /** Activated by the hub but not held here: until this relay has it, it follows the policy's staleness contract. */
  behind: Map<string, { version: number; epoch: number }>;
  region: string | null;
  labels: Record<string, string>;
}

export interface Held {
  rollout: string;
  version: number;
  policy: HashedPolicy;
  /** The hub's statement over the hash: checked again whenever the disk is read. */
  statement: WireEnvelope;
}

export const noHash = '0'.repeat(64);

export const emptyEdge = (hub: string, keys: HubKeys, keysFrom = 0): EdgeState => ({
  keys,
  pastKeys: [],
  keysFrom,
  hub,
  cursor: 0,
  headHash: noHash,
  epoch: 0,
  highest: new Map(),
  staged: new Map(),
  active: new Map(),
  behind: new Map(),
  region: null,
  labels: {},
});

/** An entry whose signatures were checked; `body` is null when it does not concern this relay. */
export interface CheckedEntry {
  header: LogHeader;
  hash: string;
  body: CheckedBody | null;
}

/** A `stage` carries what the verification of the policy itself found. */
export type CheckedBody =
  | Exclude<LogBody, { type: 'stage' }>
  | (Extract<LogBody, { type: 'stage' }> & {
      checked: { ok: true; policy: HashedPolicy } | { ok: false; reason: string };
    });

export type Applied =
  | { outcome: 'applied'; state: EdgeState; acks: AckBody[] }
  /** Seen before: nothing changes. */
  | { outcome: 'duplicate' }
  /** An entry is missing in between: pull from the cursor. */
  | { outcome: 'gap' }
  /** The chain does not continue what this relay holds: never applied, and shown. */
  | { outcome: 'fork'; reason: string };

/** One step along the log. Pure: the same entries in the same order give the same state on every relay. */
export function applyEntry(state: EdgeState, entry: CheckedEntry, now: Date): Applied {
  const { header } = entry;
  if (header.hub !== state.hub) return { outcome: 'fork', reason: `The entry is of the hub ${header.hub}.` };
  if (header.seq <= state.cursor) return { outcome: 'duplicate' };
  if (header.seq > state.cursor + 1) return { outcome: 'gap' };
  if (header.prev !== state.headHash)
    return { outcome: 'fork', reason: `Entry ${header.seq} does not follow the history this relay holds.` };
  const next: EdgeState = {
    ...state,
    cursor: header.seq,
    headHash: entry.hash,
    highest: new Map(state.highest),
    staged: new Map(state.staged),
    active: new Map(state.active),
    behind: new Map(state.behind),
  };
  const acks = entry.body === null ? [] : apply(next, entry.body, now);
  return { outcome: 'applied', state: next, acks };
}

function apply(next: EdgeState, body: CheckedBody, now: Date): AckBody[] {
  switch (body.type) {
    case 'stage':
      return stage(next, body, now);
    case 'activate':
      return activate(next, body, now);
    case 'withdraw':
      next.staged.delete(body.rollout);
      return [];
    case 'revoke': {
      const held = next.active.get(body.policy);
      next.epoch = Math.max(next.epoch, body.epoch);
      next.highest.set(body.policy, Math.max(next.highest.get(body.policy) ?? 0, body.version));
      for (const [rollout, staged] of next.staged)
        if (staged.policy.content.id === body.policy && staged.version <= body.version)
          next.staged.delete(rollout);
      if (held && held.version <= body.version) next.active.delete(body.policy);
      next.behind.delete(body.policy);
      return [ack({ ...body, rollout: '', hash: '' }, 'removed', next.epoch)];
    }
    case 'keys':
      // A relay that joined later was given the set of its day; a key revoked before must not come back by way of the past.
      if (next.cursor <= next.keysFrom) return [];
      next.pastKeys = [...next.pastKeys, next.keys].flatMap(set => without(set, body.withdrawn));
      next.keys = body.keys;
      return body.withdrawn.length > 0 ? dropUnvouched(next) : [];
  }
}

function stage(next: EdgeState, body: Extract<CheckedBody, { type: 'stage' }>, now: Date): AckBody[] {
  const refuse = (reason: string) => [ack(body, 'refused', next.epoch, reason)];
  if (!body.checked.ok) return refuse(body.checked.reason);
  const { policy } = body.checked;
  if (!concerns(policy.content.scope, next)) return refuse('scope');
  if (body.version <= (next.highest.get(body.policy) ?? 0)) return refuse('rollback');
  if (expired(policy.content.expires, now)) return refuse('expired');
  next.highest.set(body.policy, body.version);
  next.staged.set(body.rollout, {
    rollout: body.rollout,
    version: body.version,
    policy,
    statement: body.statement,
  });
  return [ack({ ...body, hash: policy.hash }, 'staged', next.epoch)];
}

function activate(next: EdgeState, body: Extract<CheckedBody, { type: 'activate' }>, now: Date): AckBody[] {
  const held = next.staged.get(body.rollout);
  const old = body.epoch <= next.epoch;
  next.epoch = Math.max(next.epoch, body.epoch);
  for (const [rollout, staged] of next.staged)
    if (staged.policy.content.id === body.policy && staged.version <= body.version)
      next.staged.delete(rollout);
  const refuse = (reason: string, hash = '') => {
    if (!old) next.behind.set(body.policy, { version: body.version, epoch: body.epoch });
    return [ack({ ...body, hash }, 'refused', next.epoch, reason)];
  };
  if (old) return refuse('epoch');
  if (!held) return refuse('not_staged');
  const { policy, version } = held;
  if (policy.hash !== body.hash || version !== body.version || policy.content.id !== body.policy)
    return refuse('wrong_hash', policy.hash);
  if (expired(policy.content.expires, now)) return refuse('expired', policy.hash);
  next.active.set(body.policy, { ...held, epoch: body.epoch });
  next.behind.delete(body.policy);
  return [ack({ ...body, hash: policy.hash }, 'active', next.epoch)];
}

/** What only a withdrawn key vouched for is out of service here, until the hub sends it signed anew. */
function dropUnvouched(next: EdgeState): AckBody[] {
  const sets = [next.keys, ...next.pastKeys];
  const tainted = ({ version, policy, statement }: Held) =>
    !checkStored(
      {
        policy: policy.content.id,
        version,
        hash: policy.hash,
        content: policy.bytes.toString('base64'),
        statement,
      },
      sets,
    ).ok;
  for (const [rollout, held] of next.staged) if (tainted(held)) next.staged.delete(rollout);
  return [...next.active].flatMap(([policy, held]) => {
    if (!tainted(held)) return [];
    next.active.delete(policy);
    next.behind.set(policy, { version: held.version, epoch: held.epoch });
    return [ack({ rollout: '', policy, version: held.version, hash: '' }, 'removed', next.epoch)];
  });
}

/** A set that lost its last key of either algorithm can vouch for nothing. */
function without(keys: HubKeys, withdrawn: readonly string[]): HubKeys[] {
  if (withdrawn.length === 0) return [keys];
  const left = {
    classical: keys.classical.filter(key => !withdrawn.includes(key.id)),
    postQuantum: keys.postQuantum.filter(key => !withdrawn.includes(key.id)),
  };
  return left.classical.length > 0 && left.postQuantum.length > 0 ? [left] : [];
}

const ack = (
  ref: { rollout: string; policy: string; version: number; hash: string },
  phase: AckBody['phase'],
  epoch: number,
  reason?: string,
): AckBody => ({
  type: 'ack',
  rollout: ref.rollout,
  policy: ref.policy,
  version: ref.version,
  phase,
  hash: ref.hash,
  epoch,
  ...(reason ? { reason } : {}),
});

export const expired = (expires: string | null, now: Date): boolean =>
  expires !== null && Date.parse(expires) <= now.getTime();

/**
 * A strict version was acknowledged and its outcome is not known here: others may be under it already, so the one before
 * is not current any more. Of other kinds the one before is current until the activation arrives.
 */
export const inDoubt = (state: EdgeState, policy: string): boolean =>
  [...state.staged.values()].some(
    ({ policy: { content } }) => content.id === policy && strictKinds.includes(content.kind),
  );

/** Empty regions mean everywhere; every label asked for must be carried. */
export function concerns(
  scope: { regions: readonly string[]; labels: Readonly<Record<string, string>> },
  relay: { region: string | null; labels: Readonly<Record<string, string>> },
): boolean {
  return (
    (scope.regions.length === 0 || (relay.region !== null && scope.regions.includes(relay.region))) &&
    Object.entries(scope.labels).every(([name, value]) => relay.labels[name] === value)
  );
}
