import base from './vitest.config.ts';

/** Suites that need a program from outside; where it is absent they are reported as skipped, by name. */
export default {
  test: { ...base.test, include: ['{server,workers}/**/*.peer.test.ts'], exclude: ['**/node_modules/**'] },
};
