import { EmptyState } from './emptyState.tsx';

/** A page without its store: what is wrong and what to do. */
export function StoreProblem({ detail, fix }: { detail: string; fix: string | undefined }) {
  return (
    <div className="pt-[52px]">
      <EmptyState word="error" level="page" title="The store can't be read" command="npm run demo">
        <p>{detail}</p>
        {fix === undefined ? null : <p className="mt-1">To put it right: {fix}.</p>}
        <p className="mt-1">The command below starts a whole demo with its own store.</p>
      </EmptyState>
    </div>
  );
}
