import {
  type DsseEnvelope,
  decodeBase64,
  dsseEnvelope,
  type Refusal,
  verifyEnvelope,
} from '#kernel/signing/dsse.ts';
import { isStorable } from '#kernel/trpc/storable.ts';
import { registeredKeys } from '../rules.ts';
import { type Heartbeat, heartbeat, heartbeatType } from '../schema.ts';

/** A clock that differs by more is not believed: its heartbeat could have been kept back. */
export const maxSkewMs = 5 * 60_000;

export type BeatRefusal =
  | Refusal
  | 'bad_content'
  | 'other_region'
  | 'stale'
  | 'clock'
  | 'retired'
  | 'unknown';

export interface BeatTarget {
  id: string;
  state: string;
  sequence: number;
  keys: readonly { publicKey: string; revokedAt: string | null }[];
}

export type BeatChecked =
  | { ok: true; beat: Heartbeat; skewMs: number }
  | { ok: false; reason: BeatRefusal; sequence?: number };

/** The region that an envelope claims to speak for; unproven. */
export function claimedRegion(input: unknown): { envelope: DsseEnvelope; name: string } | null {
  const parsed = dsseEnvelope.safeParse(input);
  if (!parsed.success) return null;
  const content = contentOf(parsed.data);
  return content ? { envelope: parsed.data, name: content.name } : null;
}

/** A heartbeat counts when one of the region's own keys signed it, and it is newer than every one before. */
export function checkHeartbeat(input: unknown, target: BeatTarget, now: Date): BeatChecked {
  const parsed = dsseEnvelope.safeParse(input);
  if (!parsed.success) {
    const looksSigned =
      typeof input === 'object' && input !== null && 'signatures' in input && 'payload' in input;
    return { ok: false, reason: looksSigned ? 'malformed' : 'unsigned' };
  }
  const verified = verifyEnvelope(parsed.data, heartbeatType, registeredKeys(target.keys));
  if (!verified.ok) return { ok: false, reason: verified.reason };
  const beat = contentOf(parsed.data);
  if (!beat) return { ok: false, reason: 'bad_content' };
  if (beat.name !== target.id) return { ok: false, reason: 'other_region' };
  if (target.state === 'retired') return { ok: false, reason: 'retired' };
  const skewMs = Date.parse(beat.at) - now.getTime();
  if (Math.abs(skewMs) > maxSkewMs) return { ok: false, reason: 'clock' };
  if (beat.sequence <= target.sequence) return { ok: false, reason: 'stale', sequence: target.sequence };
  return { ok: true, beat, skewMs };
}

/** A beat that says more than that the region still lives. */
export type Notable =
  | { type: 'region.heard' }
  | { type: 'region.heartbeat_gap'; silentMs: number; missed: number | null; leapt: boolean };

/** Numbers from here on are a time in milliseconds; whoever counts one by one never gets so far. */
const timeFrom = 1e12;

/**
 * Regions may count, or send their time in milliseconds. Whoever counts misses beats when a number is left out; whoever
 * goes by time, when it was silent; and a number that no clock explains shuts out everything below it.
 */
export function notableBeat(
  before: { sequence: number; heardAt: string | null },
  sequence: number,
  now: Date,
  silenceMs: number,
): Notable | null {
  if (before.heardAt === null) return { type: 'region.heard' };
  const silentMs = Math.max(0, now.getTime() - Date.parse(before.heardAt));
  const step = sequence - before.sequence;
  const counts = sequence < timeFrom;
  const missed = counts ? step - 1 : null;
  const leapt = !counts && step > silentMs + maxSkewMs;
  if (silentMs < silenceMs && !missed && !leapt) return null;
  return { type: 'region.heartbeat_gap', silentMs, missed, leapt };
}

function contentOf(envelope: DsseEnvelope): Heartbeat | null {
  try {
    const raw: unknown = JSON.parse((decodeBase64(envelope.payload) ?? Buffer.alloc(0)).toString('utf8'));
    const parsed = heartbeat.safeParse(raw);
    return parsed.success && isStorable(raw) ? parsed.data : null;
  } catch {
    return null;
  }
}
