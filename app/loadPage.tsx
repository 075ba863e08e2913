import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { BanyanError } from '#lib/errors.ts';
import { StoreProblem } from './_ui/storeProblem.tsx';

/** Renders a page from what it loads; a store that can't be read is said on the page, an unknown thing is a 404. */
export async function loadPage<T>(load: () => Promise<T>, render: (view: T) => ReactNode): Promise<ReactNode> {
  let view: T;
  try {
    view = await load();
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    if (error.code === 'not_found') notFound();
    return <StoreProblem detail={error.message} fix={error.fix} />;
  }
  return render(view);
}
