export { propose } from './service/propose.ts';
export { seedContext } from './service/read.ts';
