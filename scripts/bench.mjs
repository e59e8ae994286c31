import { launch } from './launch.mjs';

launch('scripts/bench.ts');
