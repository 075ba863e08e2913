'use client';
import { ChartNoAxesColumn, Columns2, ListChecks, type LucideIcon } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useViewState } from './viewState.ts';

interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: LucideIcon;
}

const PLACES: readonly Place[] = [
  { path: '/', name: 'Readiness', icon: ChartNoAxesColumn },
  { path: '/consistency', name: 'Consistency', icon: Columns2 },
  { path: '/setup', name: 'Setup', icon: ListChecks },
];

/** Where one can go. */
export function Sidebar() {
  const pathname = usePathname();
  const { hrefOf } = useViewState();
  const isHere = (path: string) =>
    path === '/' ? pathname === '/' || pathname.startsWith('/contexts') : pathname === path;
  return (
    <nav
      aria-label="Main"
      className="flex items-center gap-0.5 overflow-x-auto border-line bg-surface px-2.5 py-2 max-lg:border-b lg:sticky lg:top-0 lg:h-screen lg:flex-col lg:items-stretch lg:border-r lg:py-3.5"
    >
      <Link href={hrefOf('/')} className="flex items-center gap-2.5 px-2.5 py-1.5 text-base font-semibold lg:mb-3">
        <svg
          viewBox="0 0 24 24"
          width="22"
          height="22"
          aria-hidden
          className="fill-none stroke-accent"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        >
          <path d="M12 3c5 0 8 3 8 6 0 2-2 3-4 3 0 0-1 3-1 9M12 3C7 3 4 6 4 9c0 2 2 3 4 3 0 0 1 3 1 9M12 8v13" />
        </svg>
        <span className="max-sm:sr-only">Banyan</span>
      </Link>
      {PLACES.map(({ path, name, icon: Icon }) => (
        <Link
          key={path}
          href={hrefOf(path)}
          aria-current={isHere(path) ? 'page' : undefined}
          className="flex items-center gap-2.5 rounded-control px-2.5 py-[7px] text-sm text-ink-2 hover:text-ink aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-ink"
        >
          <Icon size={16} strokeWidth={1.7} aria-hidden />
          {name}
        </Link>
      ))}
      <p className="mt-auto px-2.5 py-2 text-xs text-ink-2 max-lg:hidden">
        Operator
        <br />
        <span className="text-2xs text-ink-3">localhost only</span>
      </p>
    </nav>
  );
}
