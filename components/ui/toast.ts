import type { ReactNode } from 'react';
import type { ExternalToast } from 'sonner';

type Kind = 'message' | 'success' | 'error' | 'warning';

/** What shows messages comes behind the page, not before it; one that is said earlier waits for it. */
const say =
  (kind: Kind) =>
  (text: ReactNode, options?: ExternalToast): void =>
    void import('sonner')
      .then(({ toast }) => toast[kind](text, options))
      .catch(error => console.error('A message could not be shown', text, error));

export const toast = Object.assign(say('message'), {
  success: say('success'),
  error: say('error'),
  warning: say('warning'),
});
