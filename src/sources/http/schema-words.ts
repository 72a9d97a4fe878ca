// Small words of the vocabulary: a scalar, a path inside a record, a place in an answer.
import { z } from 'zod'

export const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'expected a text, a number, true or false',
})
export type Scalar = z.output<typeof scalar>

const step = String.raw`(?:\\[.\\]|[^.\\])+`

/** Names with dots between; a dot within a name is `\.`. */
export const memberPath = z
  .string()
  .regex(new RegExp(`^${step}(?:\\.${step}){0,15}$`, 'u'), 'expected a path such as user.name')

/** A place in the body of an answer. */
export const place = z
  .string()
  .regex(new RegExp(`^body(?:\\.${step}){0,16}$`, 'u'), 'expected body, or a place in it such as body.events')

/** A member of the body, or a header. */
export const bodyOrHeader = z
  .string()
  .regex(
    new RegExp(`^(?:body(?:\\.${step}){1,16}|header\\.[A-Za-z0-9_-]+)$`, 'u'),
    'expected a place such as body.has_more or header.X-Next',
  )

/** Where a cursor, or the address of the next page, stands. */
export const nextPlace = z
  .string()
  .regex(
    new RegExp(
      `^(?:link|body(?:\\.${step}){1,16}|header\\.[A-Za-z0-9_-]+|record\\.(?:first|last)(?:\\.${step}){1,16})$`,
      'u',
    ),
    'expected a place such as body.next_cursor, header.X-Next, link or record.last.id',
  )

/** Where a cursor goes. */
export const intoPlace = z
  .string()
  .regex(
    new RegExp(`^(?:query\\..+|header\\.[A-Za-z0-9_-]+|body(?:\\.${step}){1,16})$`, 'u'),
    'expected a place such as query.cursor, body.cursor or header.X-Cursor',
  )
