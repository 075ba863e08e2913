import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const MAX_URL_BYTES = 8192;

/** Every request: a known Host, a URL of bounded length, and headers that let a page run its own scripts only. */
export function proxy(request: NextRequest): NextResponse {
  const host = request.headers.get('host') ?? '';
  if (!isKnownHost(host)) {
    return refuse(
      421,
      `this is not the host ${host}`,
      'open Banyan by localhost, or add the host to BANYAN_ALLOWED_HOSTS',
    );
  }
  if (request.url.length > MAX_URL_BYTES) return refuse(414, 'the URL is longer than 8 KiB', 'shorten it');

  const nonce = randomBytes(16).toString('base64');
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development');
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  return response;
}

export const config = { matcher: ['/((?!_next/static/).*)'] };

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A page that another site made its own name resolve to 127.0.0.1 for must not be able to read Banyan. */
function isKnownHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const allowed = `${process.env.BANYAN_ALLOWED_HOSTS ?? ''},${process.env.BANYAN_WEB_HOST ?? ''}`
    .split(',')
    .map((entry) => entry.trim().toLowerCase());
  return LOOPBACK.includes(name) || (name !== '' && allowed.includes(name));
}

function contentSecurityPolicy(nonce: string, development: boolean): string {
  return [
    "default-src 'self'",
    // React's development build evaluates code to rebuild stack traces.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    // Server-rendered charts carry geometry in style attributes; a style attribute can't load or run anything here.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function refuse(status: number, detail: string, fix: string): NextResponse {
  return new NextResponse(JSON.stringify({ type: 'about:blank', title: 'bad_input', status, detail, fix }), {
    status,
    headers: { ...SECURITY_HEADERS, 'content-type': 'application/problem+json' },
  });
}
