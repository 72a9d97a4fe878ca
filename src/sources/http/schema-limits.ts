// The `limits:` block: how fast the API may be asked, and where it says how long to wait.
import { z } from 'zod'
import { isHeaderName } from '../../runtime/http-options.ts'
import { RESET_FORMS, type ResetHeader } from '../../runtime/rate-limit.ts'

export const limits = z.lazy(() =>
  z
    .strictObject({
      per_second: z
        .number()
        .positive()
        .max(1000)
        .exactOptional()
        .describe('Requests a second, at most. Default: no limit of ours.'),
      header: z
        .string()
        .refine(isHeaderName, 'expected the name of a header, such as X-App-Reset')
        .exactOptional()
        .describe(
          'The header that says when the limit is full again, where it has another name than Retry-After, RateLimit, RateLimit-Reset, X-RateLimit-Reset and X-Rate-Limit-Reset.',
        ),
      reset: z
        .enum(RESET_FORMS)
        .exactOptional()
        .describe(
          'What stands in `header`. epoch: seconds or milliseconds since 1970. delta: seconds from now. datetime: an HTTP date or RFC 3339. auto: told by its size and form. Default auto.',
        ),
    })
    .refine(({ header, reset }) => header !== undefined || reset === undefined, {
      path: ['reset'],
      error: 'expected `header` beside it, because the usual headers are understood whatever stands in them',
    }),
)

/** The header of another name, as answers are looked at for it. */
export function resetHeaderOf({ header, reset = 'auto' }: z.output<typeof limits> = {}): ResetHeader | undefined {
  return header === undefined ? undefined : { header: header.toLowerCase(), form: reset }
}
