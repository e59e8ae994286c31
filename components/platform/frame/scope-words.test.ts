import { expect, it } from 'vitest';
import { everything, withScope } from './scope-words.ts';

const scope = { environment: 'production', region: 'eu-west', tenant: null };

it('takes the scope along', () => {
  expect(withScope('/jobs', scope)).toBe('/jobs?in-environment=production&in-region=eu-west');
  expect(withScope('/jobs?tab=failed#top', scope)).toBe(
    '/jobs?tab=failed&in-environment=production&in-region=eu-west#top',
  );
});

it('leaves alone what says its own scope, what is elsewhere, and everything', () => {
  expect(withScope('/jobs?in-tenant=t1', scope)).toBe('/jobs?in-tenant=t1');
  expect(withScope('/api/docs', scope)).toBe('/api/docs');
  expect(withScope('https://elsewhere.example/', scope)).toBe('https://elsewhere.example/');
  expect(withScope('/jobs', everything)).toBe('/jobs');
});
