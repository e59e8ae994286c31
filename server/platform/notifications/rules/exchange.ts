/** What the channel calls what was sent: without it nothing can be taken back. */
export type Remote = { [key: string]: string };

/** What was said and what was answered, without secrets. */
export interface Exchange {
  request: { [key: string]: unknown };
  response: { [key: string]: unknown };
}

export type Effect = 'sent' | 'updated' | 'deleted' | 'followed_up';
