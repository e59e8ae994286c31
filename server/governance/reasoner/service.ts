export { seedContext } from './service/read.ts';
