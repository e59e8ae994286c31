import { launch } from './launch.mjs';

launch('scripts/supervisor/main.ts');
