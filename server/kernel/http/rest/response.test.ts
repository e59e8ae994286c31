import { expect, it } from 'vitest';
import { DomainError } from '../../errors/domain-error.ts';
import { refusal } from './response.ts';

it('says in the words of RFC 9470 which authentication would do, and how fresh', () => {
  const details = { acrValues: ['phr', 'mfa'], maxAge: 600 };
  const { status, headers, body } = refusal(new DomainError('step_up', 'x.y', 'Confirm.', details));
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe(
    'Bearer error="insufficient_user_authentication", acr_values="phr mfa", max_age="600"',
  );
  expect(JSON.parse(body)).toMatchObject({ error: 'insufficient_user_authentication', ...details });
});

it('asks for any credentials where none were given', () => {
  const { headers, body } = refusal(new DomainError('unauthenticated', 'x.y', 'Sign in.'));
  expect(headers['www-authenticate']).toBe('Bearer');
  expect(JSON.parse(body).error).toBeUndefined();
});
