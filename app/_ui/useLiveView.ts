'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { problemText } from './problemText.ts';

export interface LiveView<T> {
  readonly view: T;
  /** Why the newest refresh failed, or null. */
  readonly problem: string | null;
  readonly refreshedAtMs: number;
  readonly loading: boolean;
}

interface LiveViewOptions<T> {
  readonly url: string;
  /** What the server rendered, and the URL that it answers. */
  readonly initial: T;
  readonly initialUrl: string;
  readonly servedAtMs: number;
  readonly live: boolean;
}

const REFRESH_MS = 2500;

/** A page's data, kept fresh by polling with an ETag; old data stays while new data loads or can't be had. */
export function useLiveView<T>({ url, initial, initialUrl, servedAtMs, live }: LiveViewOptions<T>): LiveView<T> {
  const known = useRef<{ url: string; etag: string; body: T } | null>(null);
  const query = useQuery<T>({
    queryKey: [url],
    queryFn: async ({ signal }) => {
      const last = known.current?.url === url ? known.current : null;
      const headers: Record<string, string> = last === null ? {} : { 'if-none-match': last.etag };
      const response = await fetch(url, { signal, headers, cache: 'no-store' });
      if (response.status === 304 && last !== null) return last.body;
      if (!response.ok) throw new Error(await problemText(response));
      const body: T = await response.json();
      known.current = { url, etag: response.headers.get('etag') ?? '', body };
      return body;
    },
    ...(url === initialUrl ? { initialData: initial, initialDataUpdatedAt: servedAtMs } : {}),
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
    refetchInterval: live ? REFRESH_MS : false,
    retry: false,
  });
  return {
    view: query.data ?? initial,
    problem: query.error === null ? null : query.error.message,
    refreshedAtMs: Math.max(query.dataUpdatedAt, 0) || servedAtMs,
    loading: query.isPlaceholderData,
  };
}
