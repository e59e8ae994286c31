/** As the `ref` of a form that comes after its dialog: the dialog had only its button to give the focus to. */
export function focusFirstField(form: HTMLFormElement | null): void {
  if (!form || form.contains(document.activeElement)) return;
  form.querySelector<HTMLElement>('input:enabled, select:enabled, textarea:enabled')?.focus();
}
