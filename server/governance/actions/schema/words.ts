import { z } from 'zod';

export const tenantName = z.string().trim().min(1).max(63);
export const why = z.string().trim().min(3, 'Say why, in a few words.').max(500);

export const json = z.json();
export const facts = z.record(z.string(), json);
