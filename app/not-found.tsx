import Link from 'next/link';
import { NotFoundState } from '#components/console/states.tsx';

export default function NotFound() {
  return (
    <NotFoundState
      title="There is nothing here"
      action={
        <Link href="/" className="link">
          Back to the overview
        </Link>
      }
    >
      The address is wrong, or what it named is not visible to you.
    </NotFoundState>
  );
}
