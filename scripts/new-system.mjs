import { launch } from './launch.mjs';

launch('scripts/new-system.ts');
