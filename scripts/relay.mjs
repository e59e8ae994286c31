import { launch } from './launch.mjs';

launch('workers/relay/main.ts');
