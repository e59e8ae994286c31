import { conflict, notFound } from '#kernel/errors/domain-error.ts';

export const noSuchKey = (id: string) => notFound('key', id);
export const keyNotInUse = () =>
  conflict('key.not_in_use', 'This key signs nothing any more. Reload the page to see what does.');
export const alreadyRevoked = () => conflict('key.revoked', 'This key is revoked already.');
export const sameKey = (variable: string) =>
  conflict('key.same', `${variable} still holds this key. Put the new one there first, then rotate.`);
