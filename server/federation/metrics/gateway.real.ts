import type { RegionSource } from './gateway.ts';

/** Some two hundred thousand samples: reading more in one go would keep everything else of this process waiting. */
const mostBytes = 8 * 1024 * 1024;

/** The address comes from the operator's environment, not from somebody's form: it may well be a private one. */
export const realRegion = (region: string, url: string): RegionSource => ({
  region,
  simulated: false,
  get: async (path, parameters, signal) => {
    const base = new URL(url.endsWith('/') ? url : `${url}/`);
    const target = new URL(path.replace(/^\//, ''), base);
    target.search = parameters.toString();
    const headers: Record<string, string> = { accept: 'application/json, text/plain' };
    if (base.username) {
      const secret = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
      headers.authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
      target.username = '';
      target.password = '';
    }
    const answer = await fetch(target, { headers, signal, redirect: 'error' });
    const bounded = (bytes: number) => {
      if (bytes > mostBytes) throw new Error(`it answers with more than ${mostBytes / 1024 / 1024} MiB`);
    };
    bounded(Number(answer.headers.get('content-length') ?? 0));
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body ?? []) {
      size += chunk.byteLength;
      bounded(size);
      chunks.push(chunk);
    }
    return { status: answer.status, body: Buffer.concat(chunks).toString('utf8') };
  },
});
