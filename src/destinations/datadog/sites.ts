// The sites of Datadog, and what is said of a text that is none. A key is known to one site only, so a site is never guessed.
import { nearest } from '../../model/nearest.ts'

/** "Getting started with Datadog Sites", and the servers of "Send logs". */
export const SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'uk1.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const

/** The names that people say. */
const REGIONS: Readonly<Record<string, (typeof SITES)[number]>> = {
  us: 'datadoghq.com',
  us1: 'datadoghq.com',
  us3: 'us3.datadoghq.com',
  us5: 'us5.datadoghq.com',
  eu: 'datadoghq.eu',
  eu1: 'datadoghq.eu',
  ap1: 'ap1.datadoghq.com',
  ap2: 'ap2.datadoghq.com',
  uk1: 'uk1.datadoghq.com',
  'us1-fed': 'ddog-gov.com',
  'us2-fed': 'us2.ddog-gov.com',
}

const known: ReadonlySet<string> = new Set(SITES)
/** A site that came after this version: a region of letters and digits before a domain that is Datadog's. */
const later = /^[a-z]{2}[0-9]{1,2}\.(?:datadoghq\.com|datadoghq\.eu|ddog-gov\.com)$/

/** What is wrong with a site; undefined when it is one, or may well be a new one. */
export function siteFault(site: string): string | undefined {
  if (known.has(site) || later.test(site)) return undefined
  const meant = meantBy(site)
  const all = `expected a site of Datadog (${SITES.join(', ')}); another address belongs into url`
  return meant === undefined ? all : `did you mean ${meant}? ${all}`
}

/** `EU1`, `https://app.datadoghq.eu/`, `datadoghq.eo`. */
function meantBy(site: string): string | undefined {
  const host = site
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/:?#].*$/, '')
  if (Object.hasOwn(REGIONS, host)) return REGIONS[host]
  const within = SITES.filter((each) => host === each || host.endsWith(`.${each}`))
  return within.sort((one, other) => other.length - one.length)[0] ?? nearest(host, SITES)
}
