'use client';

import { type UseMutationOptions, useMutation } from '@tanstack/react-query';
import { useStepUp } from './step-up.tsx';

/** A command that may ask for a second factor: asked, given, and sent once more without the form noticing. */
export function useStepUpMutation<Data, Failure, Input, Kept>(
  options: UseMutationOptions<Data, Failure, Input, Kept>,
) {
  const guard = useStepUp();
  const { mutationFn } = options;
  return useMutation({
    ...options,
    ...(mutationFn
      ? {
          mutationFn: (input: Input, context: Parameters<typeof mutationFn>[1]) =>
            guard(() => mutationFn(input, context)),
        }
      : {}),
  });
}
