import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/start-console.ts',
  workers: 1,
  timeout: 240_000,
  // Longer only where the machine is busy: what is waited for is a state, never a time.
  expect: { timeout: 60_000 },
  reporter: [['list'], ['json']],
  use: { trace: 'retain-on-failure', screenshot: 'only-on-failure' },
});
