// All requests of a definition, read once, and what only all of its parts together show: whether a cursor has somewhere to go, whether
// a window or a feed is meant.
import { parsePath, type Path } from '../path.ts'
import type { Tell } from './definition.ts'
import { type PagePlan, pagePlanOf } from './page-plan.ts'
import { placeholdersIn, planOf, type RequestPlan } from './request-plan.ts'
import type { Definition, ErrorRule, ItemsGiven, StepGiven } from './schema.ts'
import type { Scope, SimpleName } from './template.ts'
import type { Bounds, TimeForm } from './time-forms.ts'

export interface StepPlan {
  readonly given: StepGiven
  readonly request: RequestPlan
}

/** A rule for answers, with the request that it sends. */
export interface RulePlan {
  readonly given: ErrorRule
  readonly send: RequestPlan | undefined
}

export interface ItemsPlan {
  readonly request: RequestPlan
  readonly at: string
  readonly id: Path | undefined
  readonly page: PagePlan
}

/** The values of a fan-out: fixed, or to be asked for. */
export type PartsPlan =
  { readonly values: readonly string[] } | { readonly request: RequestPlan; readonly at: string; readonly id: Path }

export interface HttpPlans {
  readonly mode: 'window' | 'feed'
  readonly request: RequestPlan
  readonly page: PagePlan
  readonly steps: readonly StepPlan[]
  readonly rules: readonly RulePlan[]
  readonly items: ItemsPlan | undefined
  readonly parts: PartsPlan | undefined
  readonly time: { readonly format: TimeForm; readonly bounds: Bounds }
  /** What a window of a feed is read with; undefined where it cannot be. */
  readonly backfill: HttpPlans | undefined
}

const inWindow: readonly SimpleName[] = ['from', 'to', 'part']
const inPage: readonly SimpleName[] = [...inWindow, 'cursor', 'page', 'offset', 'size']

/** `secrets`: values that must not be kept. */
export function plansOf(definition: Definition, told: Tell, secrets: readonly string[] = []): HttpPlans {
  let sound = true
  const tell: Tell = (path, message) => {
    sound = false
    told(path, message)
  }
  const { request: given, fan_out: fanOut, steps = [], items, time = {} } = definition
  const partName = fanOut?.as
  const under =
    (...prefix: string[]): Tell =>
    (path, message) =>
      tell([...prefix, ...path], message)
  const steped = steps.map((step, index) => ({
    given: step,
    request: planOf(
      step.request,
      { names: inWindow, partName, steps: namesOf(steps, index) },
      under('steps', String(index), 'request'),
    ),
  }))
  const scope: Scope = { names: inPage, partName, steps: namesOf(steps), item: items !== undefined }
  const request = planOf(given, scope, under('request'))
  const plannedItems = items && itemsOf(items, { ...scope, item: false }, secrets, under('items'))
  const all = [request, ...steped.map((step) => step.request), ...(plannedItems ? [plannedItems.request] : [])]
  const windowed = uses(all, 'from')
  const mode = definition.mode ?? (windowed && !definition.page?.keep ? 'window' : 'feed')
  const around = { request, given, scope, feed: mode === 'feed', secrets, tell: under('page') }
  const page = pagePlanOf(definition.page, around)
  // A slip in a placeholder would look like a placeholder that is missing.
  if (sound) checkMode({ mode, windowed, page, definition }, tell)
  return {
    mode,
    request,
    page,
    steps: steped,
    rules: rulesOf(definition.errors ?? [], { names: ['part'], partName }, under('errors')),
    items: plannedItems,
    parts: fanOut && partsOf(fanOut, under('fan_out')),
    time: { format: time.format ?? 'rfc3339_ms', bounds: time.bounds ?? 'half_open' },
    backfill: mode === 'feed' ? backfillOf(definition, windowed && uses(all, 'to'), secrets, tell) : undefined,
  }
}

function uses(plans: readonly RequestPlan[], name: 'from' | 'to'): boolean {
  return plans.flatMap(placeholdersIn).some(({ of }) => of === name)
}

/** The same as windows: by the request of its own, or by the one of the feed where that has both ends. */
function backfillOf(
  definition: Definition,
  closed: boolean,
  secrets: readonly string[],
  tell: Tell,
): HttpPlans | undefined {
  const { backfill: given, page, errors: _errors, ...rest } = definition
  const { keep: _, ...paged } = page ?? { type: 'none' as const }
  if (given)
    return plansOf(
      { ...rest, ...given, mode: 'window' },
      (path, message) => tell(['backfill', ...path], message),
      secrets,
    )
  return closed ? plansOf({ ...rest, page: paged, mode: 'window' }, () => undefined, secrets) : undefined
}

function namesOf(steps: readonly StepGiven[], until = steps.length): readonly string[] {
  return steps.slice(0, until).map((step) => step.name)
}

function rulesOf(rules: readonly ErrorRule[], scope: Scope, tell: Tell): readonly RulePlan[] {
  return rules.map((given, index) => {
    const place = (path: readonly string[], message: string): void => tell([String(index), 'send', ...path], message)
    return { given, send: given.send && planOf(given.send, scope, place) }
  })
}

function itemsOf(items: ItemsGiven, scope: Scope, secrets: readonly string[], tell: Tell): ItemsPlan {
  const under =
    (prefix: string): Tell =>
    (path, message) =>
      tell([prefix, ...path], message)
  const request = planOf(items.request, scope, under('request'))
  return {
    request,
    at: items.at ?? 'body',
    id: items.id === undefined ? undefined : parsePath(items.id),
    page: pagePlanOf(items.page, { request, given: items.request, scope, feed: false, secrets, tell: under('page') }),
  }
}

function partsOf({ over }: NonNullable<Definition['fan_out']>, tell: Tell): PartsPlan {
  if (Array.isArray(over)) {
    const values = over.map(String)
    if (new Set(values).size < values.length) tell(['over'], 'a value stands here twice')
    if (values.includes('')) tell(['over'], 'a value must not be empty')
    return { values }
  }
  const { request, at = 'body', id = '.' } = over
  const plan = planOf(request, { names: [] }, (path, message) => tell(['over', 'request', ...path], message))
  return { request: plan, at, id: parsePath(id) }
}

interface ModeCheck {
  readonly mode: HttpPlans['mode']
  readonly windowed: boolean
  readonly page: PagePlan
  readonly definition: Definition
}

function checkMode({ mode, windowed, page, definition }: ModeCheck, tell: Tell): void {
  const { steps, items } = definition
  if (mode === 'window') {
    if (!windowed) tell(['request'], 'a window needs {{from}} somewhere in the request, best {{to}} as well')
    if (definition.page?.keep) tell(['page', 'keep'], 'only with mode: feed')
    return
  }
  const { event_id: id } = definition.event
  if (id === undefined || (typeof id === 'object' && 'derived' in id))
    tell(
      ['event', 'event_id'],
      'expected where the id of a record stands, because a feed gives equal records on different pages and nothing else tells them apart; records without ids are for mode: window',
    )
  if (!page.hasCursor)
    tell(
      ['page'],
      'expected a page of type link, token, next_url or last_id, because without {{from}} in the request only a cursor says where the next pull begins',
    )
  if (steps?.length) tell(['steps'], 'only with mode: window')
  if (items) tell(['items'], 'only with mode: window')
}
