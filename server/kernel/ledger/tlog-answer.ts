/** An answer of the log's own HTTP face: texts and raw tiles, never JSON. */
export interface TlogAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export const text = (status: number, body: string, cache = 'no-store'): TlogAnswer => ({
  status,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': cache,
    'x-content-type-options': 'nosniff',
  },
  body,
});
