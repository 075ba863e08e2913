'use client';
import { Button } from './_ui/button.tsx';
import { EmptyState } from './_ui/emptyState.tsx';

export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <div className="pt-[52px]">
      <EmptyState word="error" level="page" title="This page could not be made">
        <p className="mb-3">The log of web says why. Nothing that Banyan measures is lost by it.</p>
        <Button onClick={reset}>Try again</Button>
      </EmptyState>
    </div>
  );
}
