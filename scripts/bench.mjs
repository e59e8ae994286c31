import { install, refuseOldNode, runNode } from './bootstrap.mjs';

refuseOldNode();
install();
runNode('bench/main.ts');
