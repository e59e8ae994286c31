import { generateClient } from './supervisor/build.ts';

await generateClient();
await import('../bench/main.ts');
