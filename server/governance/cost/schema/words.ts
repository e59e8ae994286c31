import { z } from 'zod';

export const tenantId = z.string().min(1, 'Name a tenant.').max(63);
export const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'A month, for example 2026-01.');
export const currency = z.string().regex(/^[A-Z]{3}$/, 'Three capital letters (ISO 4217), for example EUR.');
export const nullableNumber = z.number().nullable();
