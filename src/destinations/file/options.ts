// The options of the file kind.
import { resolve } from 'node:path'
import { z } from 'zod'

export interface FileOptions {
  /** The folder; absolute after `settleOptions`. */
  readonly path: string
  readonly gzip: boolean
}

export const fileOptions: z.ZodType<FileOptions> = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'a path holds no NUL character'),
  gzip: z.boolean().default(false),
})

/** Relative paths are relative to the folder of the configuration file. */
export function settleOptions(options: FileOptions, folder: string): FileOptions {
  return { ...options, path: resolve(folder, options.path) }
}
