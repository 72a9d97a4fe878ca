// Colours by meaning, not by name. The only place that knows chalk.
import { Chalk } from 'chalk'
import type { Output } from './world.ts'

export interface Paint {
  /** Headings and names. */
  strong(text: string): string
  /** What matters less. */
  faint(text: string): string
  good(text: string): string
  warning(text: string): string
  bad(text: string): string
}

/** Paint for an output; every function gives its text back where there is no colour. */
export function paintFor(output: Pick<Output, 'colour'>): Paint {
  const chalk = new Chalk({ level: output.colour })
  return { strong: chalk.bold, faint: chalk.dim, good: chalk.green, warning: chalk.yellow, bad: chalk.red }
}
