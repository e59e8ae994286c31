import { launch } from './launch.mjs';

// A relay holds little: without these V8 would let its heap grow to what a server may need.
process.env.NODE_OPTIONS =
  `${process.env.NODE_OPTIONS ?? ''} --max-semi-space-size=1 --max-old-space-size=96`.trim();

launch('workers/relay/main.ts');
