/** The names in a block of them, which white space separates. */
export function names(block: string): readonly string[] {
  return block.split(/\s+/u).filter((name) => name !== '');
}
