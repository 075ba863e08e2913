import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { BanyanError } from '../../errors.ts';

/** True for addresses of the public internet; loopback, private, link-local, mapped and reserved ones are not. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/**
 * Refuses a literal address that is not public. A name is judged when it is looked up, at each connection, so that a
 * name which changes its address meanwhile gains nothing.
 * @throws BanyanError `forbidden`
 */
export function assertAllowedHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host) && !isPublicAddress(host)) throw refusal(host);
}

/** A look-up for `connect` that hands out public addresses only. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const [first] = addresses;
    const privateOne = addresses.find(({ address }) => !isPublicAddress(address));
    if (privateOne !== undefined || first === undefined) return callback(refusal(hostname), '', 0);
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

function refusal(host: string): BanyanError {
  return new BanyanError('forbidden', `${host} is a private address, which webhooks are not sent to`, {
    fix: 'set allowPrivate: true on this endpoint if it is meant',
  });
}
