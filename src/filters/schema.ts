// What an operator may write under `filter`. Whether a `when` expression makes sense is for check.ts; this file knows only
// the shape.
import { z } from 'zod'
import { OUTCOMES, type Outcome } from '../model/event.ts'

/** A filter as it is written. Keys are ANDed; an absent key lets everything pass. */
export interface FilterSpec {
  /** Globs on `event_type`; `*` stands for any text, the empty one included, and nothing else is special. */
  readonly types?: readonly string[]
  readonly outcome?: Outcome | readonly Outcome[]
  /** A CEL expression over the canonical event. */
  readonly when?: string
}

const outcome = z.enum(OUTCOMES)

export const filterSchema: z.ZodType<FilterSpec> = z
  .strictObject({
    types: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(1000)
      .exactOptional()
      .describe('Globs on event_type; * stands for any text. An event passes when one of them matches.'),
    outcome: z
      .union([outcome, z.array(outcome).min(1)])
      .exactOptional()
      .describe('The outcome, or a list of outcomes, that an event must have.'),
    when: z
      .string()
      .min(1)
      .max(4096)
      .exactOptional()
      .describe('A CEL expression over the canonical event that must be true.'),
  })
  .describe('Which events go to this destination; every key must hold. No filter means every event.')
