import { type SignInChoices, SignInForm } from './sign-in-form.tsx';

export function SignInPage({ next, choices }: { next: string; choices: SignInChoices }) {
  return (
    <main className="grid min-h-screen place-items-center p-4">
      <div className="grid w-full max-w-sm gap-5">
        <header className="flex items-center gap-2">
          <Mark />
          <h1 className="font-semibold text-xl">ATOM Console</h1>
        </header>
        <section className="rounded-lg border bg-surface p-5 shadow-card">
          <SignInForm next={next} choices={choices} />
        </section>
        <p className="text-ink-2 text-sm">
          The logins of this installation were printed when it first started. Lost yours? Whoever runs the
          console can give you a new password with{' '}
          <code className="font-mono">npm run atom -- users reset</code>.
        </p>
      </div>
    </main>
  );
}

function Mark() {
  return (
    <svg
      width="22"
      height="22"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden
    >
      <circle cx="10" cy="10" r="2" fill="currentColor" />
      {[0, 60, 120].map(turn => (
        <ellipse key={turn} cx="10" cy="10" rx="9" ry="3.6" transform={`rotate(${turn} 10 10)`} />
      ))}
    </svg>
  );
}
