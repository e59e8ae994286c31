import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acrValuesOf, mayRemove, relyingParty, userHandleOf, userIdOf } from './rules.ts';
import { proofOfCode } from './schema.ts';

describe('the relying party', () => {
  it.each([
    ['https://console.example', 'console.example', 'https://console.example'],
    ['https://console.example:8443/', 'console.example', 'https://console.example:8443'],
    ['http://localhost:3000', 'localhost', 'http://localhost:3000'],
    ['http://atom.localhost:3000', 'atom.localhost', 'http://atom.localhost:3000'],
  ])('%s', (url, id, origin) => {
    expect(relyingParty(url)).toEqual({ possible: true, rp: { id, origin } });
  });

  it.each([
    ['http://127.0.0.1:3000', /IP address.*http:\/\/localhost:3000/],
    ['https://192.0.2.10', /IP address.*https:\/\/NAME/],
    ['https://[2001:db8::1]:8443', /IP address/],
    ['http://console.example', /HTTPS.*https:\/\/console\.example/],
    ['http://localhost.example', /HTTPS/],
  ])('%s cannot be one, and says what to do', (url, why) => {
    expect(relyingParty(url)).toEqual({ possible: false, why: expect.stringMatching(why) });
  });
});

it('an account’s id survives the way through an authenticator, and nothing else is one', () => {
  fc.assert(
    fc.property(fc.uuid(), id => {
      expect(userIdOf(userHandleOf(id).toString('base64url'))).toBe(id);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      if (bytes.length !== 16) expect(userIdOf(Buffer.from(bytes).toString('base64url'))).toBeNull();
    }),
  );
});

it('the last factor goes only while a recovery code is left', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.nat(10), (more, recoveryCodes) => {
      const factors = more + 1;
      expect(mayRemove({ factors, recoveryCodes })).toBe(!(factors === 1 && recoveryCodes === 0));
    }),
  );
});

it('asks for phishing resistance only where nothing else is enough', () => {
  expect(acrValuesOf(['passkey'])).toEqual(['phr']);
  expect(acrValuesOf(['passkey', 'totp'])).toEqual(['mfa']);
});

it('takes six digits for an authenticator’s code and all else for a recovery code', () => {
  expect(proofOfCode(' 123456 ')).toEqual({ kind: 'totp', code: '123456' });
  expect(proofOfCode('1234567')).toEqual({ kind: 'recovery', code: '1234567' });
  expect(proofOfCode('abcd-efgh-jkmn')).toEqual({ kind: 'recovery', code: 'abcd-efgh-jkmn' });
});
