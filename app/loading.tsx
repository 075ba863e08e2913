import { PageSkeleton } from './_ui/skeleton.tsx';

export default function Loading() {
  return <PageSkeleton cards={4} />;
}
