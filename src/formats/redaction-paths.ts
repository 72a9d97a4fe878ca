// Which values are to be redacted: paths over the canonical event, and the tree that a walk through an event follows.

/** Strongest last: where several are meant for one value, the strongest is done. */
export const WAYS = ['hash', 'mask', 'drop'] as const
export type Way = (typeof WAYS)[number]

/** What a destination's events are told apart, ordered and traced by. */
const KEPT: ReadonlySet<string> = new Set(['event_id', 'event_type', 'occurred_at', 'source'])
/** Added at delivery, after redaction. */
const ADDED = 'stream'

const longestPath = 1024

/** Why `path` cannot be redacted; undefined when it can. */
export function pathFault(path: string): string | undefined {
  const steps = path.split('.')
  if (path.length > longestPath) return `a path of more than ${longestPath} characters`
  if (steps.some((step) => step === ''))
    return 'expected names parted by single dots, such as actor.label or data.*.email'
  const [first] = steps as [string, ...string[]]
  if (first.includes('*')) return 'the first part must be the name of a field, such as actor, target, data or context'
  if (KEPT.has(first)) return `${first} cannot be redacted: events are told apart and found by it`
  if (first === ADDED) return 'stream is what the relay says of the delivery; there is nothing in it to redact'
  if (steps.some((step) => step !== '*' && step.includes('*'))) return 'a * stands for a whole part of a path'
  return undefined
}

/** A place in the tree of paths. */
export interface Step {
  readonly named: Map<string, Step>
  /** For a name that is not known. */
  any: Step | null
  way: Way | null
}

export function pathTree(paths: Readonly<Record<Way, readonly string[]>>): Step {
  const root = newStep()
  for (const way of WAYS) for (const path of paths[way]) endOf(root, path).way = way
  return root
}

function endOf(root: Step, path: string): Step {
  let step = root
  for (const name of path.split('.')) {
    let next = name === '*' ? step.any : step.named.get(name)
    if (!next) {
      next = newStep()
      if (name === '*') step.any = next
      else step.named.set(name, next)
    }
    step = next
  }
  return step
}

function newStep(): Step {
  return { named: new Map(), any: null, way: null }
}

/** Where the walk is after a key, each place once: many ways may lead to one, and would multiply with the depth. A key that holds dots is as good as the names between them: there is no hiding behind a dot. */
export function stepsAfter(steps: readonly Step[], key: string): readonly Step[] {
  const direct = after(steps, key)
  if (!key.includes('.')) return direct
  const parted = key.split('.').reduce<readonly Step[]>((from, part) => after(from, part), steps)
  return [...new Set([...direct, ...parted])]
}

function after(steps: readonly Step[], name: string): readonly Step[] {
  const found = new Set<Step>()
  for (const { named, any } of steps) {
    const step = named.get(name)
    if (step) found.add(step)
    if (any) found.add(any)
  }
  return [...found]
}

/** Where the walk is in an element of a list. A list counts as no part of a path, and each element as one: both are meant. */
export function stepsInto(steps: readonly Step[], index: number): readonly Step[] {
  return [...new Set([...steps, ...after(steps, String(index))])]
}

/** The strongest way that ends here. */
export function wayOf(steps: readonly Step[]): Way | null {
  let strongest = -1
  for (const { way } of steps) if (way !== null) strongest = Math.max(strongest, WAYS.indexOf(way))
  return WAYS[strongest] ?? null
}
