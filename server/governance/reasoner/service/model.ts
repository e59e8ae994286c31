import { env } from '#kernel/env/env.ts';
import { openAiGateway } from '../gateway.real.ts';
import { simulatedModel } from '../gateway.simulated.ts';
import type { ModelGateway } from '../gateway.ts';

/** Real where a key is set, and labelled as simulated elsewhere. */
export function modelGateway(): ModelGateway {
  const { OPENAI_KEY, OPENAI_BASE_URL, OPENAI_MODEL } = env().vars;
  return OPENAI_KEY === undefined
    ? simulatedModel
    : openAiGateway({ key: OPENAI_KEY, baseUrl: OPENAI_BASE_URL, model: OPENAI_MODEL });
}
