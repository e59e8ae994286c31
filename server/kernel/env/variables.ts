import type { Variable } from './define.ts';
import { consoleVariables } from './variables/console.ts';
import { driverVariables } from './variables/drivers.ts';
import { governanceVariables } from './variables/governance.ts';
import { identityVariables } from './variables/identity.ts';
import { infrastructureVariables } from './variables/infrastructure.ts';
import { meshVariables } from './variables/mesh.ts';

export { type Phase, phases, phasesOf, type Variable } from './define.ts';

/** Every variable the console reads. `.env.example` and `docs/environment.md` are generated from this table. */
export const variables = {
  ...consoleVariables,
  ...identityVariables,
  ...infrastructureVariables,
  ...meshVariables,
  ...governanceVariables,
  ...driverVariables,
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;
