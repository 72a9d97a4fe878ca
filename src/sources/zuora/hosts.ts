// The data centres of Zuora, by the host of their REST API (Zuora's OpenAPI document, `servers`).
import { nearest } from '../../model/nearest.ts'

const HOSTS = [
  'rest.na.zuora.com',
  'rest.sandbox.na.zuora.com',
  'rest.zuora.com',
  'rest.apisandbox.zuora.com',
  'rest.test.zuora.com',
  'rest.pt1.zuora.com',
  'rest.eu.zuora.com',
  'rest.sandbox.eu.zuora.com',
  'rest.test.eu.zuora.com',
]

/** The host that was likely meant. A proxy of one's own, or a data centre that is newer than this list, is nobody's slip. */
export function likelyHost(url: string): string | undefined {
  const { hostname } = new URL(url)
  return hostname.endsWith('.zuora.com') ? undefined : nearest(hostname, HOSTS)
}
