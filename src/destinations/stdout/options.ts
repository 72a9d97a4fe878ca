// Standard output has nothing to choose.
import { z } from 'zod'

export type StdoutOptions = Readonly<Record<string, never>>

export const stdoutOptions: z.ZodType<StdoutOptions> = z.strictObject({})
