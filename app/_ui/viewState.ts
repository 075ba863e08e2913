'use client';
import { useQueryStates } from 'nuqs';
import { serializeView, viewParsers } from '#lib/url.ts';

/** Time range, zone and live refresh, kept in the URL. */
export function useViewState() {
  const [view, setView] = useQueryStates(viewParsers, { history: 'replace', shallow: true });
  return {
    view,
    setView,
    /** The same view on another page. */
    hrefOf: (path: string) => serializeView(path, view),
  };
}
