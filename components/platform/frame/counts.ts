'use client';

import { type UseQueryOptions, useQueries } from '@tanstack/react-query';
import type { NavigationItem } from '#components/console/frame/navigation-item.ts';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

type Trpc = ReturnType<typeof useTRPC>;

interface Count {
  permission: string;
  /** The procedure that counts; it answers `{count}`. */
  ask: (trpc: Trpc) => unknown;
  /** Where the counted things are seen. */
  href: string;
  tone: 'watch' | 'bad';
  words: (n: number) => string;
  /** For what changes without a notice on the stream. */
  everyMs?: number;
}

const counted = (n: number, one: string, many: string) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** What waits or is wrong right now, by the name a navigation item gives in `count`. One entry and one procedure each. */
export const counts = {
  waitingApprovals: {
    permission: 'approval:decide',
    ask: trpc => trpc.approvals.waiting.queryOptions(),
    href: '/approvals',
    tone: 'watch',
    words: n => counted(n, 'approval waits for you', 'approvals wait for you'),
  },
  openAlerts: {
    permission: 'control:read',
    ask: trpc => trpc.alerts.open.queryOptions(),
    href: '/settings/environment#policies',
    tone: 'bad',
    words: n => counted(n, 'open alert', 'open alerts'),
  },
  failedJobs: {
    permission: 'job:read',
    ask: trpc => trpc.jobs.failed.queryOptions(),
    href: '/jobs?tab=failed',
    tone: 'bad',
    words: n => counted(n, 'failed job', 'failed jobs'),
    everyMs: 15_000,
  },
} satisfies Record<string, Count>;

export type CountName = keyof typeof counts;

export interface Counted {
  name: string;
  n: number;
  text: string;
  href: string;
  tone: 'watch' | 'bad';
}

/** Asked with the person's own permissions, and again whenever the stream says that its system changed. */
export function useCounts(): Counted[] {
  const trpc = useTRPC();
  const { permissions } = useMe();
  const mine = Object.entries<Count>(counts).filter(([, count]) => permissions.includes(count.permission));
  const answers = useQueries({
    queries: mine.map(([, count]) => ({
      ...(count.ask(trpc) as UseQueryOptions<{ count: number }>),
      ...(count.everyMs === undefined ? {} : { refetchInterval: count.everyMs }),
    })),
  });
  return mine.map(([name, { words, href, tone }], at) => {
    const n = answers[at]?.data?.count ?? 0;
    return { name, n, text: words(n), href, tone };
  });
}

/** A group that is closed carries what its pages would. */
export function badgesOf(items: readonly NavigationItem[], answers: readonly Counted[]) {
  const badges: Record<string, { n: number; text: string; tone: 'watch' | 'bad' }> = {};
  const of = (name: string | undefined) => answers.filter(answer => answer.name === name && answer.n > 0);
  for (const item of items) {
    const children = item.children ?? [];
    for (const child of children) {
      const [own] = of(child.count);
      if (own) badges[child.id] = own;
    }
    const all = [item.count, ...children.map(child => child.count)].flatMap(of);
    if (all.length > 0)
      badges[item.id] = {
        n: all.reduce((sum, answer) => sum + answer.n, 0),
        text: all.map(answer => answer.text).join(', '),
        tone: all.some(answer => answer.tone === 'bad') ? 'bad' : 'watch',
      };
  }
  return badges;
}
