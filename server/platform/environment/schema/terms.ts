export { phases } from '#kernel/env/phases.ts';
