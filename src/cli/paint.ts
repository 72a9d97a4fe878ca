// Colours by meaning, not by name. The only place that knows chalk.
import { Chalk } from 'chalk'
import type { Output } from './world.ts'

/** Colours a text, or gives it back. */
type Painter = (text: string) => string

export interface Paint {
  /** Headings and names. */
  readonly strong: Painter
  /** What matters less. */
  readonly faint: Painter
  readonly good: Painter
  readonly warning: Painter
  readonly bad: Painter
}

/** Paint for an output; every function gives its text back where there is no colour. */
export function paintFor(output: Pick<Output, 'colour'>): Paint {
  const chalk = new Chalk({ level: output.colour })
  return { strong: chalk.bold, faint: chalk.dim, good: chalk.green, warning: chalk.yellow, bad: chalk.red }
}
