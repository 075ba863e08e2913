import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { type ReactNode, Suspense } from 'react';
import { Keyboard } from './_ui/keyboard.tsx';
import { Providers } from './_ui/providers.tsx';
import { Sidebar } from './_ui/sidebar.tsx';
import './globals.css';

export const metadata: Metadata = { title: { default: 'Banyan', template: '%s · Banyan' } };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? '';
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <body>
        <Providers nonce={nonce}>
          <a
            href="#content"
            className="control sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10"
          >
            Skip to the content
          </a>
          <div className="min-h-screen lg:grid lg:grid-cols-[196px_minmax(0,1fr)]">
            <Suspense>
              <Sidebar />
            </Suspense>
            <main id="content" className="w-full max-w-[1320px] px-4 pb-10 sm:px-7">
              {children}
            </main>
          </div>
          <Suspense>
            <Keyboard />
          </Suspense>
        </Providers>
      </body>
    </html>
  );
}
