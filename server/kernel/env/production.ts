import { env } from './env.ts';

/** The one function that says what production is: the console as a whole, or the target itself. */
export const isProduction = (target?: { environment?: string }): boolean =>
  env().production || target?.environment === 'production';
