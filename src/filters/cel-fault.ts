// What is wrong with an expression, and where.

/** A fault of an expression; `start` and `end` count UTF-16 units of its text. */
export interface CelFault {
  readonly message: string
  readonly hint?: string
  readonly start: number
  readonly end: number
}
