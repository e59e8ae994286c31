import { install, refuseOldNode, runNode } from './bootstrap.mjs';

refuseOldNode();
install();
runNode('scripts/new-system.ts');
