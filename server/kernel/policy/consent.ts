import { applies, type Held } from './combine.ts';
import type { PolicyDocument } from './kinds.ts';

export interface RefusedConsent {
  purpose: string;
  policy: string;
  version: number;
}

/**
 * Which of these purposes an active policy denies outright. A purpose that a policy merely does not grant may still be
 * consented to: the tenant's own word is what grants it.
 */
export const refusedConsents = (
  held: readonly Held[],
  tenant: string,
  purposes: readonly string[],
): RefusedConsent[] =>
  held
    .filter(h => h.content.kind === 'consent' && applies(h.content, { tenant }))
    .flatMap(({ content, version }) => {
      const { denied } = content.document as PolicyDocument<'consent'>;
      return purposes
        .filter(purpose => denied.some(d => d === purpose))
        .map(purpose => ({ purpose, policy: content.id, version }));
    });
