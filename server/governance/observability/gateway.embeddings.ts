import { z } from 'zod';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { safeFetch } from '#kernel/http/safe-fetch.ts';
import { toOperators } from './gateway.prometheus.ts';

export interface Embedder {
  /** Stored with each vector it makes. */
  readonly model: string;
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

const answer = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()).min(8).max(8192) })),
});

/** `POST /v1/embeddings`, as OpenAI and many others answer it. What is sent has been redacted when it came in. */
export const openAiEmbedder = (base: string, model: string, key?: string): Embedder => ({
  model: `${model} at ${new URL(base).host}`,
  embed: async texts => {
    const root = base.replace(/\/+$/, '');
    const url = root.endsWith('/v1') ? `${root}/embeddings` : `${root}/v1/embeddings`;
    const response = await safeFetch(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
        body: JSON.stringify({ model, input: texts, encoding_format: 'float' }),
        timeoutMs: 20_000,
        maxBytes: 16 * 1024 * 1024,
      },
      toOperators(base),
    );
    const unusable = (why: string) =>
      new DomainError('unavailable', 'telemetry.embeddings', `The embeddings endpoint answered with ${why}.`);
    if (response.status !== 200) throw unusable(`status ${response.status}`);
    const parsed = answer.safeParse(JSON.parse(response.body.toString('utf8')));
    if (!parsed.success || parsed.data.data.length !== texts.length)
      throw unusable('something else than one vector for each text');
    return parsed.data.data
      .toSorted((a, b) => a.index - b.index)
      .map(({ embedding }) => Float32Array.from(embedding));
  },
  close: async () => {},
});
