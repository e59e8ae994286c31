export function start(script: string): void;
export function packagedNode(platform: string, arch: string): string[];
