import { expect, it } from 'vitest';
import { sentenceOf } from './rules.ts';

it.each([
  [{ type: 'tenant.created', target: 'tenant:acme', detail: {} }, 'Tenant acme created'],
  [
    { type: 'tenant.suspended', target: 'tenant:acme', detail: { reason: 'unpaid' } },
    'Tenant acme suspended: unpaid',
  ],
  [
    { type: 'access.denied', target: 'procedure:tenants.create', detail: {} },
    'Access of procedure tenants.create denied',
  ],
  [{ type: 'user.password_reset', target: 'user:u1', detail: {} }, 'User u1 password reset'],
  [
    { type: 'session.created', target: 'user:u1', name: 'operator', detail: {} },
    'Session of user operator created',
  ],
  [{ type: 'kernel.started', target: null, detail: {} }, 'Kernel started'],
])('%o reads %s', (entry, text) => {
  expect(sentenceOf(entry)).toBe(text);
});
