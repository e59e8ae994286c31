import { expect, it } from 'vitest';
import { databaseDown, standingOf } from './standing.ts';

it('a region whose database the observers find down is not active', () => {
  const down = new Set(['eu-west']);
  expect(standingOf({ id: 'eu-west', state: 'active' }, down)).toBe(databaseDown);
  expect(standingOf({ id: 'eu-west', state: 'degraded' }, down)).toBe(databaseDown);
  expect(standingOf({ id: 'us-east', state: 'active' }, down)).toBe('active');
  // What people decided, or what is worse, is said first.
  expect(standingOf({ id: 'eu-west', state: 'quarantined' }, down)).toBe('quarantined');
  expect(standingOf({ id: 'eu-west', state: 'unreachable' }, down)).toBe('unreachable');
});
