// A request as it is described, with its templates read once: what is fixed, and what is filled in for each page.
import { isHeaderName, isHeaderValue, isOurHeader } from '../../runtime/http-options.ts'
import { hasUser, NO_USER } from './address.ts'
import { isTree } from './merge.ts'
import type { RequestGiven } from './schema-request.ts'
import type { Scalar } from './schema-words.ts'
import { parseTemplate, type Placeholder, placeholdersOf, type Scope, type Template } from './template.ts'

/** A JSON tree whose texts are templates. */
export type Leaf = { readonly template: Template } | number | boolean | null
export type PlanTree = Leaf | readonly PlanTree[] | { readonly members: readonly (readonly [string, PlanTree])[] }

/** Members of a query, a form or the headers; a name may stand more than once. */
export type Members = readonly (readonly [name: string, value: Leaf])[]

export interface RequestPlan {
  readonly method: 'GET' | 'POST'
  /** Behind the base address, or `url` instead. */
  readonly path: Template
  readonly url: Template | undefined
  readonly query: Members
  readonly headers: Members
  readonly body: PlanTree | undefined
  readonly form: Members | undefined
}

/** Tells one fault at a place within the request. */
export type Tell = (path: readonly string[], message: string) => void

/** The plan; faults are told, and what has one is left as plain text. */
export function planOf(given: RequestGiven, scope: Scope, tell: Tell): RequestPlan {
  const reader = new PlanReader(scope, tell)
  const { method, path = '', url, query = {}, headers = {}, body, form } = given
  if (path !== '' && url !== undefined) tell(['path'], 'either path or url')
  if (url !== undefined && hasUser(url)) tell(['url'], NO_USER)
  if (path !== '' && !path.startsWith('/')) tell(['path'], 'expected a path that begins with /')
  if (/[?#]/u.test(path)) tell(['path'], 'parameters stand in `query`, not in the path')
  if (body !== undefined && form !== undefined) tell(['form'], 'either body or form')
  if (method === 'GET' && (body !== undefined || form !== undefined))
    tell(['method'], 'a request with a body is a POST')
  checkHeaders(headers, tell)
  return {
    method: method ?? (body === undefined && form === undefined ? 'GET' : 'POST'),
    path: reader.text(path, ['path']),
    url: url === undefined ? undefined : reader.text(url, ['url']),
    query: reader.members(query, ['query']),
    headers: reader.members(headers, ['headers']).map(([name, value]) => [name.toLowerCase(), value] as const),
    body: body === undefined ? undefined : reader.tree(body, ['body']),
    form: form === undefined ? undefined : reader.members(form, ['form']),
  }
}

function checkHeaders(headers: Readonly<Record<string, Scalar>>, tell: Tell): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) tell(['headers', name], 'not a valid header name')
    else if (isOurHeader(name.toLowerCase()))
      tell(['headers', name], `the relay sets the header ${name.toLowerCase()} itself`)
    else if (!isHeaderValue(String(value)))
      tell(['headers', name], 'holds a line break or another character that a header cannot carry')
  }
}

class PlanReader {
  readonly #scope: Scope
  readonly #tell: Tell

  constructor(scope: Scope, tell: Tell) {
    this.#scope = scope
    this.#tell = tell
  }

  text(text: string, path: readonly string[]): Template {
    const parsed = parseTemplate(text, this.#scope)
    if (!('fault' in parsed)) return parsed
    this.#tell(path, parsed.fault)
    return [text]
  }

  members(given: Readonly<Record<string, Scalar | readonly Scalar[]>>, path: readonly string[]): Members {
    return Object.entries(given).flatMap(([name, value]) =>
      [value].flat().map((entry) => [name, this.#leaf(entry, [...path, name])] as const),
    )
  }

  tree(value: unknown, path: readonly string[]): PlanTree {
    if (Array.isArray(value)) return value.map((entry, index) => this.tree(entry, [...path, String(index)]))
    if (!isTree(value)) return this.#leaf(value as Scalar | null, path)
    return { members: Object.entries(value).map(([name, entry]) => [name, this.tree(entry, [...path, name])] as const) }
  }

  #leaf(value: Scalar | null, path: readonly string[]): Leaf {
    return typeof value === 'string' ? { template: this.text(value, path) } : value
  }
}

/** Every placeholder of a plan. */
export function placeholdersIn(plan: RequestPlan): readonly Placeholder[] {
  const { path, url = [], query, headers, body, form = [] } = plan
  const leaves = [...query, ...headers, ...form].map(([, leaf]) => leaf)
  const templates = [path, url, ...leaves.flatMap(templatesIn), ...(body === undefined ? [] : templatesIn(body))]
  return templates.flatMap(placeholdersOf)
}

function templatesIn(tree: PlanTree): readonly Template[] {
  if (typeof tree !== 'object' || tree === null) return []
  if ('template' in tree) return [tree.template]
  if ('members' in tree) return tree.members.flatMap(([, entry]) => templatesIn(entry))
  return tree.flatMap(templatesIn)
}
