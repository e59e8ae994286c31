import type { Exchange } from './schema.ts';

export interface Asked {
  method: 'GET' | 'POST';
  port: number;
  path: string;
  body: unknown;
  expect: readonly number[];
}

/** Sends one request to a port of the running console. It never throws: no answer is a result. */
export interface ExchangeGateway {
  send(asked: Asked): Promise<Exchange>;
}
