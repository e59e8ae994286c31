import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { safeFetch } from '#kernel/http/safe-fetch.ts';
import type { Answered, Asked, ModelGateway } from './gateway.ts';

export interface ModelConfig {
  key: string;
  baseUrl?: string | undefined;
  model?: string | undefined;
  timeoutMs?: number;
}

const defaultModel = 'gpt-4o-mini';

const completion = z.object({
  model: z.string().max(200).optional(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
});

/** Any endpoint that speaks `POST /v1/chat/completions` with a JSON schema. */
export function openAiGateway(config: ModelConfig): ModelGateway {
  const url = `${(config.baseUrl ?? 'https://api.openai.com/v1').replace(/\/$/, '')}/chat/completions`;
  const model = config.model ?? defaultModel;
  return {
    real: true,
    ask: async ({ system, input, schema }: Asked, signal): Promise<Answered> => {
      if (signal.aborted) return { result: 'away', problem: 'The job was stopped.' };
      try {
        const { status, body } = await safeFetch(url, {
          method: 'POST',
          headers: { authorization: `Bearer ${config.key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            model,
            temperature: 0,
            max_tokens: 1500,
            messages: [
              { role: 'system', content: system },
              { role: 'user', content: JSON.stringify(input) },
            ],
            response_format: { type: 'json_schema', json_schema: { name: 'notes', strict: true, schema } },
          }),
          timeoutMs: config.timeoutMs ?? 25_000,
          maxBytes: 256 * 1024,
          maxRedirects: 0,
        });
        return read(status, body, model);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return error.kind === 'invalid'
          ? { result: 'refused', problem: error.message }
          : { result: 'away', problem: error.message };
      }
    },
  };
}

function read(status: number, body: Buffer, model: string): Answered {
  if (status === 429 || status === 408 || status >= 500)
    return { result: 'away', problem: `The model’s service answered ${status}.` };
  if (status !== 200) return { result: 'refused', problem: `The model’s service answered ${status}.` };
  let found: unknown;
  try {
    found = JSON.parse(body.toString('utf8'));
  } catch {
    return { result: 'away', problem: 'The model’s service answered something that is not JSON.' };
  }
  const parsed = completion.safeParse(found);
  const choice = parsed.success ? parsed.data.choices[0] : undefined;
  if (!parsed.success || !choice)
    return { result: 'refused', problem: 'The model’s service answered without a completion.' };
  if (choice.message.refusal) return { result: 'refused', problem: 'The model declined to answer.' };
  if (choice.finish_reason === 'content_filter')
    return { result: 'refused', problem: 'The answer was withheld by a content filter.' };
  if (choice.finish_reason === 'length')
    return { result: 'refused', problem: 'The answer was cut off before its end.' };
  return { result: 'answered', model: parsed.data.model ?? model, text: choice.message.content ?? '' };
}
