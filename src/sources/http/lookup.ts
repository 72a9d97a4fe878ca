// What the placeholders of a request stand for, at one moment of a reading.
import type { Path } from '../path.ts'
import type { FoundRecord } from '../records.ts'
import type { Window } from '../source.ts'
import { type Answer, scalarAt } from './answer.ts'
import { placeOf, type PagePlan } from './page-plan.ts'
import type { Injection } from './request-build.ts'
import type { Scalar } from './schema-words.ts'
import type { Lookup, Placeholder } from './template.ts'
import { type Bounds, type TimeForm, writeEnd, writeStart } from './time-forms.ts'
import type { Walk } from './walk.ts'

/** What does not change from one page to the next. */
export interface Scene {
  readonly time: { readonly format: TimeForm; readonly bounds: Bounds }
  readonly part: string
  /** Either end may be open. */
  readonly window: Partial<Window>
  /** Times are for a request without a cursor alone. */
  readonly feed?: boolean
  readonly steps?: ReadonlyMap<string, Answer>
  readonly item?: FoundRecord
}

/** How far a list has been read. */
interface Position {
  readonly page: PagePlan
  readonly walk: Walk
}

export function lookupIn(scene: Scene, position?: Position): Lookup {
  const timeless = scene.feed === true && position?.walk.cursor !== undefined
  const seen = timeless ? { ...scene, window: {} } : scene
  return (placeholder) => valueOf(placeholder, seen, position)
}

function valueOf(placeholder: Placeholder, scene: Scene, position: Position | undefined): Scalar | undefined {
  const { format, bounds } = scene.time
  switch (placeholder.of) {
    case 'from':
      return scene.window.from === undefined
        ? undefined
        : writeStart(scene.window.from, placeholder.form ?? format, bounds)
    case 'to':
      return scene.window.to === undefined ? undefined : writeEnd(scene.window.to, placeholder.form ?? format)
    case 'part':
      return scene.part
    case 'cursor':
      return position?.walk.cursor
    case 'page':
      return position?.walk.page
    case 'offset':
      return position?.walk.offset
    case 'size':
      return position?.page.size
    case 'item':
      return scene.item && given(scalarAt(scene.item, placeholder.path))
    case 'step':
      return given(scene.steps?.get(placeholder.name)?.at(placeOf(placeholder.place)))
  }
}

function given(value: Scalar | null | undefined): Scalar | undefined {
  return value ?? undefined
}

/** What goes into a place of its own, where no template holds it. */
export function injectionOf({ into, type }: PagePlan, walk: Walk): Injection | undefined {
  const value = type === 'number' ? walk.page : type === 'offset' ? walk.offset : walk.cursor
  return into && value !== undefined ? { ...into, value } : undefined
}

/** Whether a link has to be followed as it is: the cursor is a whole address. */
export function addressOf({ type }: PagePlan, { cursor }: Walk): string | undefined {
  return (type === 'link' || type === 'next_url') && cursor !== undefined ? String(cursor) : undefined
}

/** What stands in a record at a path, as text. */
export function textAt(record: FoundRecord, path: Path): string | undefined {
  const found = scalarAt(record, path)
  return found === undefined || found === null ? undefined : String(found)
}
