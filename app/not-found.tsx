import { EmptyState } from './_ui/emptyState.tsx';

export default function NotFound() {
  return (
    <div className="pt-[52px]">
      <EmptyState
        level="page"
        title="There is nothing at this address"
        command="curl -s http://localhost:3000/api/v1/contexts"
      >
        <p>The context or the stage does not exist, or was never evaluated. The board shows those there are.</p>
      </EmptyState>
    </div>
  );
}
