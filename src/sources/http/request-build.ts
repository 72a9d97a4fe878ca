// Fills a request plan: the address, the headers and the body of one request. What a placeholder gives is encoded for its place, so
// that no value, least of all one that came from an answer, can change the request around it.
import { SourceError } from '../../model/errors.ts'
import { isHeaderValue } from '../../runtime/http-options.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import type { Leaf, Members, PlanTree, RequestPlan } from './request-plan.ts'
import type { Scalar } from './schema-words.ts'
import { fill, fillText, type Lookup } from './template.ts'

/** Where a cursor, page number or offset goes beside the templates. */
export interface Injection {
  readonly into: 'query' | 'header' | 'body'
  readonly name: string
  readonly path: readonly string[]
  readonly value: Scalar
}

/** A request without credentials. `given`: its address came from an answer. */
export interface Built {
  readonly request: HttpRequest
  readonly given: boolean
}

export interface BuildOptions {
  /** The base address, without a slash at its end. */
  readonly base: string
  readonly lookup: Lookup
  readonly injection?: Injection | undefined
  /** The whole address of a next page, instead of address and query. */
  readonly nextUrl?: string | undefined
}

export function buildRequest(plan: RequestPlan, { base, lookup, injection, nextUrl }: BuildOptions): Built {
  const address = nextUrl ?? addressOf(plan, base, lookup)
  const query = nextUrl === undefined ? pairs(plan.query, lookup, injection, 'query') : []
  const body = bodyOf(plan, lookup, injection)
  return {
    request: {
      method: plan.method,
      url: withQuery(address, query),
      headers: {
        'user-agent': 'audit-relay',
        accept: 'application/json, */*;q=0.5',
        ...headersOf(plan, lookup, injection),
        ...body?.headers,
      },
      ...(body && { body: body.bytes }),
    },
    given: nextUrl !== undefined || plan.url !== undefined,
  }
}

function addressOf({ url, path }: RequestPlan, base: string, lookup: Lookup): string {
  if (url === undefined) {
    const filled = fillText(path, lookup, (value) => segment(String(value)))
    if (filled === undefined) throw noValue('its path')
    return `${base}${filled}`
  }
  const given = fillText(url, lookup, String)
  if (given === undefined) throw noValue('its address')
  return URL.parse(given, `${base}/`)?.href ?? given
}

/** `..` would leave the folder that the path names. */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..')
    throw new SourceError('transient', `the source gave "${value}" where a part of an address is needed`)
  return encodeURIComponent(value)
}

function noValue(of: string): SourceError {
  return new SourceError('transient', `a request cannot be made: the answers so far have no value for ${of}`)
}

function withQuery(address: string, query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return address
  const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  return `${address}${address.includes('?') ? '&' : '?'}${text}`
}

function headersOf(plan: RequestPlan, lookup: Lookup, injection: Injection | undefined): Record<string, string> {
  const headers = pairs(plan.headers, lookup, injection, 'header')
  for (const [name, value] of headers)
    if (!isHeaderValue(value))
      throw new SourceError('transient', `the source gave a value that the header ${name} cannot carry`)
  return Object.fromEntries(headers)
}

/** The members that have a value, as text. */
function pairs(
  members: Members,
  lookup: Lookup,
  injection: Injection | undefined,
  into: Injection['into'],
): (readonly [string, string])[] {
  const injected = injection?.into === into ? injection : undefined
  const kept = injected ? members.filter(([name]) => name !== injected.name) : members
  const found = kept.flatMap(([name, leaf]) => {
    const value = valueOf(leaf, lookup)
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  return injected ? [...found, [injected.name, String(injected.value)] as const] : found
}

function valueOf(leaf: Leaf, lookup: Lookup): Scalar | null | undefined {
  return typeof leaf === 'object' && leaf !== null ? fill(leaf.template, lookup) : leaf
}

function bodyOf(
  { body, form }: RequestPlan,
  lookup: Lookup,
  injection: Injection | undefined,
): { bytes: Uint8Array; headers: Record<string, string> } | undefined {
  if (form !== undefined) return formOf(form, lookup, injection)
  const injected = injection?.into === 'body' ? injection : undefined
  if (body === undefined && !injected) return undefined
  const tree = body === undefined ? {} : filled(body, lookup)
  const whole = injected ? put(tree, injected.path, injected.value) : tree
  return { bytes: Buffer.from(JSON.stringify(whole)), headers: { 'content-type': 'application/json' } }
}

function formOf(form: Members, lookup: Lookup, injection: Injection | undefined): ReturnType<typeof bodyOf> {
  const text = new URLSearchParams()
  for (const [name, value] of pairs(form, lookup, injection, 'body')) text.append(name, value)
  return { bytes: Buffer.from(text.toString()), headers: { 'content-type': 'application/x-www-form-urlencoded' } }
}

/** Members without a value are left out; of a list they are, too. */
function filled(tree: PlanTree, lookup: Lookup): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if ('template' in tree) return fill(tree.template, lookup)
  if (!('members' in tree)) return tree.map((entry) => filled(entry, lookup)).filter((entry) => entry !== undefined)
  return Object.fromEntries(
    tree.members.flatMap(([name, entry]) => {
      const value = filled(entry, lookup)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

function put(tree: unknown, [step, ...rest]: readonly string[], value: Scalar): unknown {
  if (step === undefined) return value
  const members =
    typeof tree === 'object' && tree !== null && !Array.isArray(tree) ? (tree as Record<string, unknown>) : {}
  return { ...members, [step]: put(Object.hasOwn(members, step) ? members[step] : undefined, rest, value) }
}
