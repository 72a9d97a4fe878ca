// Globs on event types. `*` stands for any text and nothing else is special. Two pointers and no regular expression: the
// text is chosen by whoever causes an event, and must not be able to choose how long we work on it.

const STAR = 0x2a

/** Whether the whole of `text` matches `glob`. Case counts. Time is at most the product of the lengths, one star or many. */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  for (let index = 0; index < text.length;) {
    if (glob.charCodeAt(at) === STAR) {
      star = at++
      resume = index
    } else if (at < glob.length && glob.charCodeAt(at) === text.charCodeAt(index)) {
      at++
      index++
    } else if (star >= 0) {
      // The last star takes one more character; earlier stars never need another look.
      at = star + 1
      index = ++resume
    } else return false
  }
  while (glob.charCodeAt(at) === STAR) at++
  return at === glob.length
}
