import type { Json } from '#kernel/ledger/event.ts';
import { judgeCanary } from '#server/governance/simulation/service.ts';
import type { CanarySamples } from '../gateway.ts';

export interface Judged {
  verdict: 'pass' | 'fail' | 'inconclusive';
  score: number | null;
  why: string;
  /** The scorecard as it is kept and shown. */
  shown: Json;
}

export function judge(samples: CanarySamples): Judged {
  const card = judgeCanary(samples);
  return {
    verdict: card.verdict,
    score: card.score,
    why: card.reason,
    shown: JSON.parse(JSON.stringify(card)) as Json,
  };
}
