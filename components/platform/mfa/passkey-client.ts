import type { FactorOptions, IssuedOptions, NewPasskey } from '#server/platform/mfa/schema.ts';

// Loaded when a passkey is first within reach: most pages never ask for one.
const load = () => import('@simplewebauthn/browser');

/** The browser wants the prompt to follow the click at once, so what it needs is fetched before. */
export const prepare = (): void => void load();

export class PasskeyFailure extends Error {}

const words: Record<string, string> = {
  NotAllowedError: 'No passkey was given: it was cancelled, took too long, or none fits. Try again.',
  AbortError: 'No passkey was given: it was cancelled.',
  InvalidStateError: 'This authenticator holds a passkey for your account already.',
  NotSupportedError: 'This authenticator cannot make a passkey that checks who you are. Use another one.',
  ConstraintError: 'This authenticator cannot make a passkey that checks who you are. Use another one.',
  SecurityError: 'The browser does not allow passkeys under this address.',
};

function failure(error: unknown): PasskeyFailure {
  const named = error instanceof Error ? [error, error.cause] : [];
  for (const one of named)
    if (one instanceof Error && words[one.name]) return new PasskeyFailure(words[one.name]);
  return new PasskeyFailure('The browser could not use a passkey. Try another factor.');
}

/** Why this page cannot use passkeys, or null. */
export function whyNoPasskey(origin: string): string | null {
  if (typeof window === 'undefined') return null;
  if (window.location.origin !== origin) return `Passkeys work at ${origin}. Open the console there.`;
  if (typeof window.PublicKeyCredential !== 'function') return 'This browser knows no passkeys.';
  return null;
}

/** Asks the browser; what it answers goes to the server as it is, without what the server has no use for. */
export async function answerWithPasskey(asked: Pick<FactorOptions | IssuedOptions, 'passkey' | 'origin'>) {
  const why = whyNoPasskey(asked.origin);
  if (why || !asked.passkey) throw new PasskeyFailure(why ?? 'No passkey is enrolled.');
  const { startAuthentication } = await load();
  try {
    const { id, rawId, type, response } = await startAuthentication({ optionsJSON: asked.passkey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = response;
    return {
      id,
      rawId,
      type: type as 'public-key',
      response: { clientDataJSON, authenticatorData, signature, userHandle: userHandle || null },
    };
  } catch (error) {
    throw failure(error);
  }
}

export async function makePasskey(options: NewPasskey) {
  const { startRegistration } = await load();
  try {
    const { id, rawId, type, response } = await startRegistration({ optionsJSON: options });
    const { clientDataJSON, attestationObject, transports } = response;
    return {
      id,
      rawId,
      type: type as 'public-key',
      response: { clientDataJSON, attestationObject, transports: transports ?? null },
    };
  } catch (error) {
    throw failure(error);
  }
}
