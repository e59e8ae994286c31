import { launch } from './launch.mjs';

launch('scripts/atom.ts');
