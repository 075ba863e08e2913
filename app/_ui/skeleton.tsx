/** The shape of a page that is still being read. */
export function PageSkeleton({ cards }: { cards: number }) {
  return (
    <div aria-busy="true" role="status" aria-label="Reading the store">
      <div className="h-[52px]" />
      <div className="card shimmer h-[136px]" />
      <div className="mt-5 grid grid-cols-1 gap-4 sm:grid-cols-2 xl:grid-cols-4">
        {Array.from({ length: cards }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
          <div key={index} className="card shimmer h-[248px]" />
        ))}
      </div>
      <div className="card shimmer mt-5 h-[320px]" />
    </div>
  );
}
