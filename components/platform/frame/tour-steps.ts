import type { TourStep } from '#components/console/tour.tsx';

interface Step extends TourStep {
  permission?: string;
  simulated?: true;
}

const steps: Step[] = [
  {
    id: 'welcome',
    title: 'Welcome to ATOM Console',
    text: 'It runs regions, tenants and policies across the world, and proves what it says. This takes a minute; you can leave at any step and resume it from Help.',
  },
  {
    id: 'verdict',
    title: 'A sentence first',
    text: 'Each page opens with what is so, in words. An underlined phrase leads to its evidence; what cannot be known is said too.',
    target: 'verdict',
    href: '/',
  },
  {
    id: 'places',
    title: 'Where things are',
    text: 'Pages you may see are here. A number beside one says what waits or is wrong right now.',
    target: 'places',
  },
  {
    id: 'scope',
    title: 'Look at a part',
    text: 'Narrow the whole console to an environment, a region or a tenant. It stays in the address, so a link shows others the same.',
    target: 'scope',
  },
  {
    id: 'policies',
    title: 'Seven promises',
    text: 'P1 to P7 are checked every few minutes against what really is. Press one to see what each rests on.',
    target: 'policies',
    permission: 'control:read',
  },
  {
    id: 'list',
    title: 'Lists that keep up',
    text: 'Search, filter and sort are in the address. Press x to choose rows, drag a column’s head to move it, and save what you like as a view.',
    target: 'verdict',
    href: '/federation/tenants',
    permission: 'tenant:read',
  },
  {
    id: 'real',
    title: 'Real or simulated',
    text: 'Violet always means simulated. This page says what is real, what stands in for the rest, and the lines that connect yours.',
    target: 'verdict',
    href: '/settings/environment',
    permission: 'environment:read',
    simulated: true,
  },
  {
    id: 'keys',
    title: 'Everything by keyboard',
    text: 'Search or run anything with ⌘ K or Ctrl K. Press ? for all keys, and to take this tour again.',
    target: 'search',
  },
];

/** What this person can see, in this world. */
export const tourFor = (permissions: readonly string[], simulated: boolean): TourStep[] =>
  steps.filter(
    step => (!step.permission || permissions.includes(step.permission)) && (!step.simulated || simulated),
  );
