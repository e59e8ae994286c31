import type { GuardRow, Limits } from '../schema.ts';

/** In force until somebody sets others. */
export const defaultLimits: Limits = { hourlyTargets: 10, flapLimit: 4, flapMinutes: 30 };

export interface GuardSetting {
  tenantId: string;
  killed: boolean;
  killedBy: string | null;
  killedReason: string | null;
  hourlyTargets: number | null;
  flapLimit: number | null;
  flapMinutes: number | null;
}
export interface Freeze {
  tenantId: string;
  startsAt: string;
  endsAt: string;
  reason: string;
}
/** A change of a target that was really ordered, by whichever execution. */
export interface PastOrder {
  target: string;
  at: string;
}

/** A tenant's own limits, where it has some, may only be stricter than everybody's. */
export function limitsOf(settings: readonly GuardSetting[]): Limits {
  const least = (name: keyof Limits) => {
    const said = settings.map(s => s[name]).filter(n => n !== null);
    return said.length > 0 ? Math.min(...said) : defaultLimits[name];
  };
  const longest = settings.map(s => s.flapMinutes).filter(n => n !== null);
  return {
    hourlyTargets: least('hourlyTargets'),
    flapLimit: least('flapLimit'),
    flapMinutes: longest.length > 0 ? Math.max(...longest) : defaultLimits.flapMinutes,
  };
}

export interface Standing {
  settings: readonly GuardSetting[];
  freezes: readonly Freeze[];
  /** Orders of this tenant within the last day. */
  orders: readonly PastOrder[];
  /** Targets that others have begun with and will still change: what they were let begin with is theirs. */
  ahead: readonly string[];
}

const hourMs = 3_600_000;

/** Why nothing may be changed now; null = go on. Asked again right before the first step, whatever was so when it was asked. */
export function heldBack(
  targets: readonly string[],
  { settings, freezes, orders, ahead }: Standing,
  now: Date,
): { code: 'killed' | 'frozen' | 'budget' | 'flapping'; why: string; until: string | null } | null {
  const killed = settings.find(s => s.killed);
  if (killed) return { code: 'killed', why: killedWords(killed), until: null };
  const freeze = freezes.find(
    f => Date.parse(f.startsAt) <= now.getTime() && now.getTime() < Date.parse(f.endsAt),
  );
  if (freeze)
    return {
      code: 'frozen',
      why: `Changes ${freeze.tenantId === '*' ? '' : `of ${freeze.tenantId} `}are frozen until ${freeze.endsAt}: ${freeze.reason}`,
      until: freeze.endsAt,
    };
  const limits = limitsOf(settings);
  for (const target of new Set(targets)) {
    const since = now.getTime() - limits.flapMinutes * 60_000;
    const recent = orders.filter(o => o.target === target && Date.parse(o.at) > since);
    if (recent.length >= limits.flapLimit) {
      const first = Math.min(...recent.map(o => Date.parse(o.at)));
      return {
        code: 'flapping',
        why: `${target} was changed ${recent.length} times within ${limits.flapMinutes} minutes. Somebody should look why before it is changed once more.`,
        until: new Date(first + limits.flapMinutes * 60_000).toISOString(),
      };
    }
  }
  const changed = orders.filter(o => Date.parse(o.at) > now.getTime() - hourMs).map(o => o.target);
  const touched = new Set([...changed, ...ahead]);
  const fresh = new Set(targets.filter(target => !touched.has(target)));
  if (fresh.size > 0 && touched.size + fresh.size > limits.hourlyTargets)
    return {
      code: 'budget',
      why: `${touched.size} targets were changed within the last hour or are about to be; ${fresh.size} more would be above the blast-radius budget of ${limits.hourlyTargets}.`,
      until: null,
    };
  return null;
}

export const killedWords = (setting: GuardSetting): string =>
  `The kill switch ${setting.tenantId === '*' ? 'of the installation' : `of ${setting.tenantId}`} is engaged by ${setting.killedBy ?? 'somebody'}: ${setting.killedReason ?? 'no reason given'}`;

export const asGuardRow = (
  tenantId: string,
  setting: (GuardSetting & { killedAt: string | null; version: number }) | undefined,
): GuardRow => ({
  tenantId,
  killed: setting?.killed ?? false,
  killedBy: setting?.killedBy ?? null,
  killedReason: setting?.killedReason ?? null,
  killedAt: setting?.killedAt ?? null,
  hourlyTargets: setting?.hourlyTargets ?? defaultLimits.hourlyTargets,
  flapLimit: setting?.flapLimit ?? defaultLimits.flapLimit,
  flapMinutes: setting?.flapMinutes ?? defaultLimits.flapMinutes,
  version: setting?.version ?? 0,
});
