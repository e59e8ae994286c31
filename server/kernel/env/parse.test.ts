import { describe, expect, it } from 'vitest';
import { parseEnvironment, UnusableEnvironment } from './parse.ts';

describe('environment', () => {
  it('takes an empty value for none, and false for false', () => {
    const vars = parseEnvironment({ POSTGRES_DSN: '', SIMULATION_MODE: 'false', ATOM_PORT: '4000' });
    expect(vars.POSTGRES_DSN).toBeUndefined();
    expect(vars.SIMULATION_MODE).toBe(false);
    expect(vars.ATOM_PORT).toBe(4000);
  });
  it.each([
    [{ ATOM_PORT: 'abc' }, 'ATOM_PORT'],
    [{ ATOM_PORT: '70000' }, 'ATOM_PORT'],
    [{ SIMULATION_MODE: 'maybe' }, 'SIMULATION_MODE'],
    [{ POSTGRES_DSN: 'mysql://x' }, 'POSTGRES_DSN'],
    [{ ATOM_SECRET: 'short' }, 'ATOM_SECRET'],
  ])('refuses %o by name', (source, name) => {
    expect(() => parseEnvironment(source)).toThrow(UnusableEnvironment);
    expect(() => parseEnvironment(source)).toThrow(name);
  });
});
