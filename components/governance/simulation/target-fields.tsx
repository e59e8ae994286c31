'use client';

import { Field, Select } from '#components/ui/input.tsx';
import type { ScenarioRow } from '#server/governance/simulation/schema/faults.ts';

export type Target = ScenarioRow['target'];
const separator = ':';
export const targetText = (target: Target) => `${target.kind}${separator}${target.id}`;
export function targetFrom(text: string): Target {
  const [kind = 'service', ...id] = text.split(separator);
  return { kind: kind as Target['kind'], id: id.join(separator) };
}

/** Every target that the fault can befall, by kind. */
export function TargetField({
  scenario,
  value,
  onChange,
}: {
  scenario: ScenarioRow;
  value: Target;
  onChange: (target: Target) => void;
}) {
  return (
    <Field label="Target">
      {props => (
        <Select
          {...props}
          value={targetText(value)}
          onChange={event => onChange(targetFrom(event.target.value))}
        >
          {scenario.targets.map(({ kind, ids }) => (
            <optgroup key={kind} label={kind}>
              {ids.map(id => (
                <option key={id} value={targetText({ kind, id })}>
                  {id}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      )}
    </Field>
  );
}
