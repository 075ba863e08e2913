'use client';
import { Moon, Sun } from 'lucide-react';
import Link from 'next/link';
import { useTheme } from 'next-themes';
import { Fragment } from 'react';
import { RANGE_NAMES, RANGES, type Range } from '#lib/url.ts';
import { Button } from './button.tsx';
import { openPalette } from './paletteEvents.ts';
import { useViewState } from './viewState.ts';

export interface Crumb {
  readonly name: string;
  readonly path?: string;
}

/** Where one is, and how the page is shown: range, zone, live, theme, search. */
export function TopBar({ crumbs, ranged = true }: { crumbs: readonly Crumb[]; ranged?: boolean }) {
  const { view, setView, hrefOf } = useViewState();
  return (
    <div className="flex min-h-[52px] flex-wrap items-center gap-2 py-2">
      <nav aria-label="Breadcrumb" className="text-sm text-ink-3">
        {crumbs.map((crumb, index) => (
          <Fragment key={crumb.name}>
            {index === 0 ? null : <span aria-hidden> / </span>}
            {crumb.path === undefined ? (
              <b className="font-medium text-ink" aria-current={index === crumbs.length - 1 ? 'page' : undefined}>
                {crumb.name}
              </b>
            ) : (
              <Link className="hover:text-ink" href={hrefOf(crumb.path)}>
                {crumb.name}
              </Link>
            )}
          </Fragment>
        ))}
      </nav>
      <span className="flex-1" />
      {ranged ? (
        <select
          aria-label="Time range"
          className="control"
          value={view.range}
          onChange={(event) =>
            setView({ range: RANGES.find((range): range is Range => range === event.target.value) ?? null })
          }
        >
          {RANGES.map((range) => (
            <option key={range} value={range}>
              {RANGE_NAMES[range]}
            </option>
          ))}
        </select>
      ) : null}
      <Button
        aria-pressed={view.tz === 'utc'}
        title={view.tz === 'utc' ? 'Times are in UTC' : 'Times are in your own zone'}
        onClick={() => setView({ tz: view.tz === 'utc' ? 'local' : 'utc' })}
      >
        UTC
      </Button>
      <Button aria-pressed={view.live} onClick={() => setView({ live: !view.live })}>
        <span aria-hidden className={`size-2 rounded-full ${view.live ? 'bg-pass' : 'bg-nodata'}`} />
        Live
      </Button>
      <ThemeButton />
      <Button onClick={openPalette} aria-keyshortcuts="Control+K">
        Search
        <kbd className="ml-1 rounded border border-line px-1 text-2xs text-ink-3 max-sm:hidden">Ctrl K</kbd>
      </Button>
    </div>
  );
}

function ThemeButton() {
  const { resolvedTheme, setTheme } = useTheme();
  return (
    <Button
      aria-label="Switch between light and dark"
      onClick={() => setTheme(resolvedTheme === 'dark' ? 'light' : 'dark')}
    >
      <Sun size={14} aria-hidden className="my-[3px] dark-hidden" />
      <Moon size={14} aria-hidden className="my-[3px] light-hidden" />
    </Button>
  );
}
