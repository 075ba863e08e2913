import { EmptyState } from './_ui/emptyState.tsx';

export default function NotFound() {
  return (
    <div className="pt-[52px]">
      <EmptyState level="page" title="There is nothing at this address">
        <p>The context or the stage does not exist, or was never evaluated. The board shows those there are.</p>
      </EmptyState>
    </div>
  );
}
