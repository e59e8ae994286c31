/**
 * The address a request came from: what the nearest hop says. Earlier entries of the header are the caller's own words.
 * It limits guessing per address; what protects an account is the limit per name and the lock.
 */
export const addressOf = (forwardedFor: string | null | undefined): string =>
  forwardedFor?.split(',').at(-1)?.trim().slice(0, 64) || 'direct';
