import { loadEnvForTest } from '#kernel/env/env.ts';
import { testSecret } from './secret.ts';

loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' });
