import { Worker } from 'node:worker_threads';
import { env } from '#kernel/env/env.ts';
import type { Embedder } from '../gateway.embeddings.ts';
import { openAiEmbedder } from '../gateway.embeddings.ts';
import { bundledModel } from '../rules/search/vectors.ts';

interface Answer {
  id: number;
  vectors?: number[][];
  error?: string;
}

/** The model that ships with the console; loaded with its first text, let go when it was not needed for a while. */
export function bundledEmbedder(idleMs = 120_000): Embedder {
  let thread: Worker | null = null;
  let next = 0;
  let idle: NodeJS.Timeout | undefined;
  const waiting = new Map<number, { done(v: Float32Array[]): void; failed(error: Error): void }>();
  const end = async () => {
    clearTimeout(idle);
    const ending = thread;
    thread = null;
    await ending?.terminate();
  };
  const open = (): Worker => {
    if (thread) return thread;
    const made = new Worker(new URL('./embedder-thread.ts', import.meta.url));
    made.unref();
    made.on('message', ({ id, vectors, error }: Answer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (vectors) asked?.done(vectors.map(v => Float32Array.from(v)));
      else asked?.failed(new Error(error ?? 'The model gave nothing.'));
    });
    const lost = (error: Error) => {
      if (thread === made) thread = null;
      for (const asked of waiting.values()) asked.failed(error);
      waiting.clear();
    };
    made.on('error', error => lost(error as Error));
    made.on('exit', () => lost(new Error('The model’s thread ended.')));
    thread = made;
    return made;
  };
  return {
    model: bundledModel,
    embed: texts => {
      clearTimeout(idle);
      idle = setTimeout(() => void end(), idleMs).unref();
      const id = ++next;
      return new Promise((done, failed) => {
        waiting.set(id, { done, failed });
        open().postMessage({ id, texts });
      });
    },
    close: end,
  };
}

export function configuredEmbedder(): Embedder {
  const { EMBEDDINGS_URL, EMBEDDINGS_MODEL, EMBEDDINGS_KEY } = env().vars;
  return EMBEDDINGS_URL
    ? openAiEmbedder(EMBEDDINGS_URL, EMBEDDINGS_MODEL, EMBEDDINGS_KEY)
    : bundledEmbedder();
}
