// The last guard around an expression: work that a watchdog of the engine ends, whatever loop it is in. Leaves to the caller
// what becomes of work that was cut short.
import vm from 'node:vm'

/** The only way to end a synchronous loop from outside is a script's time-out, which covers whatever the script calls. */
export class TimeLimit {
  readonly #box: { task: (() => void) | undefined } = vm.createContext({ task: undefined }) as never
  readonly #script = new vm.Script('task()')

  /** Whether `task` ended within `ms`. When not, it was cut at any point: no `finally` or `catch` inside it ran. */
  run(task: () => void, ms: number): boolean {
    this.#box.task = task
    try {
      this.#script.runInContext(this.#box, { timeout: ms })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
      throw error
    } finally {
      this.#box.task = undefined
    }
  }
}
