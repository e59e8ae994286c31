import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{server,workers,components,scripts,app}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.peer.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // For what hangs. What is waited for is a state, and how long that takes is the machine's business.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ['./scripts/testing/global-setup.ts'],
    setupFiles: ['./scripts/testing/setup.ts'],
  },
});
