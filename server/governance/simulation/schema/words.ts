import { z } from 'zod';

export const id = z.uuid();
export const service = z.string().min(1).max(63);
export const instant = z.string();
