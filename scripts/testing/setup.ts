import { loadEnvForTest } from '#kernel/env/env.ts';
import { freshness } from '#kernel/ledger/state.ts';
import { testSecret } from './secret.ts';

loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' });
// Nobody sequences beside a test; what the guard refuses is tested where it is set back.
freshness.limitSeconds = Number.POSITIVE_INFINITY;
