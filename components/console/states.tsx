import { CircleSlash, Inbox, Lock, PlugZap, SearchX, TriangleAlert } from 'lucide-react';
import type { ComponentType, ReactNode } from 'react';

interface Props {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

const state = (Icon: ComponentType<{ className?: string }>, tone: string) =>
  function State({ title, children, action }: Props) {
    return (
      <div className="grid justify-items-center gap-2 px-6 py-12 text-center">
        <Icon className={`size-6 ${tone}`} />
        <p className="font-medium">{title}</p>
        {children ? <div className="max-w-md text-ink-2">{children}</div> : null}
        {action ? <div className="mt-2 flex gap-2">{action}</div> : null}
      </div>
    );
  };

/** There is nothing yet: says what belongs here, why it is empty, and the first thing to do. */
export const EmptyState = state(Inbox, 'text-ink-3');
/** There is something, but nothing that fits the filter. */
export const NoMatch = state(SearchX, 'text-ink-3');
export const NoPermission = state(Lock, 'text-ink-3');
export const NotConnected = state(PlugZap, 'text-watch');
export const NotFoundState = state(CircleSlash, 'text-ink-3');
export const ErrorState = state(TriangleAlert, 'text-bad');
