import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userName } from '../identity/schema.ts';
import { type AdmissionSettings, accountNames, admissionOf, displayNameOf, roleMapOf } from './rules.ts';

const open: AdmissionSettings = { roleClaim: 'groups', roleMap: null, domains: [], groups: [] };

describe('who is admitted', () => {
  it('gives no role where nothing is mapped, and never one that is not mapped', () => {
    expect(admissionOf({ groups: ['admin'] }, open)).toEqual({ admitted: true, roles: null, email: null });
    const roleMap = roleMapOf('ops=operator, ops=operator ,a=b=auditor');
    expect([...(roleMap ?? [])]).toEqual([
      ['ops', 'operator'],
      ['a=b', 'auditor'],
    ]);
    fc.assert(
      fc.property(fc.anything(), groups => {
        const decided = admissionOf({ groups }, { ...open, roleMap });
        const values = [groups].flat();
        expect(decided.admitted && decided.roles?.includes('operator')).toBe(values.includes('ops'));
        expect(decided.admitted && decided.roles?.includes('admin')).toBe(false);
      }),
    );
  });

  it.each([
    [{ email: 'a@example.org', email_verified: true }, true],
    [{ email: 'a@EXAMPLE.org', email_verified: true }, true],
    [{ email: 'a@example.org', email_verified: 'true' }, false],
    [{ email: 'a@example.org' }, false],
    [{ email: 'a@sub.example.org', email_verified: true }, false],
    [{ email: 'example.org', email_verified: true }, false],
    [{ email: 'a@example.org@evil.test', email_verified: true }, false],
    [{ email: ['a@example.org'], email_verified: true }, false],
    [{}, false],
  ])('by domain: %j → %s', (claims, admitted) => {
    expect(admissionOf(claims, { ...open, domains: ['example.org'] }).admitted).toBe(admitted);
  });
});

describe('what a new account is called', () => {
  it('is always a name that may be one, and its own for each subject', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (preferred_username, email, sub) => {
        const names = accountNames({ preferred_username, email }, 'https://issuer.example', sub);
        for (const name of names)
          expect(userName.safeParse(name)).toMatchObject({ success: true, data: name });
        expect(accountNames({ preferred_username, email }, 'https://other.example', sub)[1]).not.toBe(
          names[1],
        );
      }),
    );
  });

  it.each([
    [{ preferred_username: 'River.Stone@example.org' }, 'river.stone'],
    [{ email: 'rivér@example.org' }, 'river'],
    [{ preferred_username: '--' }, 'person'],
    [{}, 'person'],
  ])('%j → %s', (claims, name) => {
    expect(accountNames(claims, 'i', 's')[0]).toBe(name);
  });

  it('shows no invisible characters', () => {
    expect(displayNameOf({ name: 'Ri\u202Ever\u0000' }, 'x')).toBe('River');
    expect(displayNameOf({ name: ' ' }, 'fallback')).toBe('fallback');
  });
});
