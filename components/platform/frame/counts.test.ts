import { expect, it } from 'vitest';
import { badgesOf, type Counted, counts } from './counts.ts';
import { navigation } from './navigation.ts';

const answer = (name: string, n: number): Counted => ({
  name,
  n,
  text: `${n} ${name}`,
  href: '/',
  tone: 'bad',
});
const icon = () => null;

it('puts a count on its page and on its closed group', () => {
  const items = [
    {
      id: 'settings',
      label: 'Settings',
      href: '/settings',
      icon,
      children: [
        { id: 'jobs', label: 'Jobs', href: '/jobs', count: 'failedJobs' },
        { id: 'environment', label: 'Environment', href: '/e', count: 'openAlerts' },
        { id: 'users', label: 'Users', href: '/u' },
      ],
    },
  ];
  const badges = badgesOf(items, [answer('failedJobs', 2), answer('openAlerts', 1)]);
  expect(Object.keys(badges).sort()).toEqual(['environment', 'jobs', 'settings']);
  expect(badges.settings).toMatchObject({ n: 3, text: '2 failedJobs, 1 openAlerts' });
  expect(badgesOf(items, [answer('failedJobs', 0)])).toEqual({});
});

it('every count that the navigation names is counted by somebody', () => {
  const named = navigation
    .flatMap(item => [item, ...(item.children ?? [])])
    .flatMap(item => item.count ?? []);
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(Object.keys(counts)).toContain(name);
});
