export function tooOld(version: string): string | null;
export function launch(script: string): void;
