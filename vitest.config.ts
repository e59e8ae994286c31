import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{server,workers,components,scripts,app}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.peer.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['./scripts/testing/global-setup.ts'],
    setupFiles: ['./scripts/testing/setup.ts'],
  },
});
