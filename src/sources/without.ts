// Leaves members out of JSON by copying the slices around them: what is kept stays as it was written.
import { Children, isNamed } from './json-walk.ts'
import { parsePath } from './path.ts'

interface Branch {
  readonly name: Buffer
  /** Stands for every item of a list. */
  readonly isAny: boolean
  readonly index: number
  /** Empty: what stands here is left out. */
  readonly branches: Branch[]
}

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b

/** Paths in an object that are left out, however often its keys repeat; `*` stands for every item of a list. */
export class Without {
  readonly #branches: Branch[] = []
  #bytes: Uint8Array = new Uint8Array(0)
  #out = Buffer.allocUnsafe(4096)
  #length = 0
  /** What lies before it is copied or left out. */
  #from = 0

  constructor(paths: readonly string[]) {
    for (const path of paths) plant(this.#branches, path)
  }

  /**
   * The JSON at `[start, end)` without those members; good until the next call. Of what turns out not to be JSON only the part
   * before the fault is kept.
   */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.#bytes = bytes
    this.#from = start
    this.#length = 0
    if (this.#out.length < end - start) this.#out = Buffer.allocUnsafe((end - start) * 2)
    this.#cut(this.#branches, start, end)
    if (this.#from === start) return bytes.subarray(start, end)
    this.#skip(end, end)
    return this.#out.subarray(0, this.#length)
  }

  /** Leaves out what the branches name in the value at `[start, end)`, each with the comma in front of it, or else behind it. */
  #cut(branches: readonly Branch[], start: number, end: number): void {
    const first = this.#bytes[start]
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return
    const children = new Children(this.#bytes, start, end)
    let leading = -1
    let before = -1
    while (children.next()) {
      const begin = children.keyStart < 0 ? children.start : children.keyStart - 1
      const branch = branchOf(branches, this.#bytes, children)
      const isOut = branch?.branches.length === 0
      if (isOut && before >= 0) this.#skip(before, children.end)
      else if (isOut && leading < 0) leading = begin
      else if (!isOut && leading >= 0) this.#skip(leading, begin)
      if (isOut && before < 0) continue
      leading = -1
      before = children.end
      if (branch && !isOut) this.#cut(branch.branches, children.start, children.end)
    }
    if (children.broken) this.#skip(before < 0 ? start + 1 : before, end)
    else if (leading >= 0) this.#skip(leading, children.end)
  }

  #skip(from: number, to: number): void {
    this.#out.set(this.#bytes.subarray(this.#from, from), this.#length)
    this.#length += from - this.#from
    this.#from = to
  }
}

function plant(roots: Branch[], path: string): void {
  let level = roots
  const steps = parsePath(path)
  for (const [depth, { name, index }] of steps.entries()) {
    const known = level.find((branch) => branch.name.equals(name))
    // A shorter path leaves out all that a longer one names.
    if (known?.branches.length === 0) return
    const isLast = depth === steps.length - 1
    const branch = known ?? { name, index, isAny: name.toString() === '*', branches: [] }
    if (!known) level.push(branch)
    if (isLast) branch.branches.length = 0
    level = branch.branches
  }
}

function branchOf(branches: readonly Branch[], bytes: Uint8Array, child: Children): Branch | undefined {
  if (child.keyStart < 0) return branches.find(({ isAny, index }) => isAny || index === child.index)
  return branches.find(({ name }) => isNamed(bytes, child.keyStart, child.keyEnd, name))
}
