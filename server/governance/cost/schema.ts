export * from './schema/allocation.ts';
export * from './schema/budgets.ts';
export * from './schema/forecast.ts';
export * from './schema/imports.ts';
export * from './schema/overview.ts';
export * from './schema/predictions.ts';
export * from './schema/rightsizing.ts';
