import { launch } from './launch.mjs';

launch('scripts/docs.ts');
