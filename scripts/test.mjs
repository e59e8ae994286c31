import { install, refuseOldNode, runNode } from './bootstrap.mjs';

refuseOldNode();
install();
runNode('scripts/test.ts');
